"""Many articles at once: import and export of tables, JSON lines and other systems' files.

::

    readers: csv_files · xlsx_files · jsonl_files · phpmyfaq · markdown_folder
        └─ source      which reader fits a file; tables: headings → columns
             └─ rows   Row: one article as texts by column
                  └─ planning · places · shelf     what becomes of a row: 新增 更新 不变 错误
                       └─ importing                all rows or none, in one transaction that can be undone
    exporting          articles → rows → csv · xlsx · jsonl · html_file
    columns · values   the columns of a row, and how their texts are read
    articles           a row from an article's file, and a file from a row

A row is text only. The text of a cell is brought into one form (``Column.tidy``) on the way in and on the way out, so
"the cell is as it was exported" is an equality of texts, whatever a spreadsheet did to dates and line ends.
"""
