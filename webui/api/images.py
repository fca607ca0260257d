"""``POST /api/v1/images``: a picture for an article, chosen or pasted in the editor."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from kb import shapes
from kb.errors import QueryError
from kb.text.pictures import MAX_BYTES
from webui.api.parameters import Operation, describe, file, read, words
from webui.current import desk
from webui.http import limits
from webui.http.inputs import Body

_IMAGE = (
    file(
        "file",
        f"PNG、JPEG、WebP 或 GIF 图片，只看内容，不超过 {MAX_BYTES // 1024**2} MB；会重新编码，缩到长边 1600 像素以内",
    ),
    words("article", "条目编号；新条目改填 product 和 scenario", "refund-not-received"),
    words("product", "产品类型的文件夹名，与 scenario 一起填", "mall"),
    words("scenario", "问题场景的文件夹名", "refund"),
)

blueprint = Blueprint("api_images", __name__, url_prefix="/api/v1")


@blueprint.post("/images")
@limits.accept_up_to(MAX_BYTES + limits.USUAL)
@describe(
    Operation(
        "上传图片，存在条目旁边；把答复里的 markdown 粘进正文",
        shapes.UploadedImage,
        body=_IMAGE,
        multipart=True,
        statuses=(201,),
        errors=(400, 401, 403, 404, 413, 415, 422, 503),
    )
)
def upload(body: Body) -> ResponseReturnValue:
    """Store one picture."""
    given = read(body, _IMAGE)
    article, product, scenario = given["article"], given["product"], given["scenario"]
    images = desk().images
    if article and not (product or scenario):
        return jsonify(images.add_for(article, given["file"])), 201
    if article or not (product and scenario):
        raise QueryError("请给出 article，或者 product 和 scenario。")
    return jsonify(images.add(f"{product}/{scenario}", given["file"])), 201
