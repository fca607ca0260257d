"""Owners are reminded of what needs them: a digest a week for each, by e-mail and group robots.

::

    digest.py      what a digest says
    addresses.py   the setting: whom, where, with which secret; channels.py makes a Notifier of each
    robots.py      群机器人 of 企业微信, 钉钉, 飞书, by web.py; pacing.py how fast they may be asked
    mail.py        e-mail
    sending.py     each part of each digest once, whatever happens (docs/decisions/0017-reminders.md)
    links.py       the links with which a reviewer confirms by one click
    reminders.py   who gets which digest of a week, and when the server sends them by itself
"""
