"""The page `/docs`: Swagger UI from the package beside, no script of a stranger's host."""

from __future__ import annotations

from starlette.staticfiles import StaticFiles

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Retrain gateway</title>
<link rel="stylesheet" href="docs/files/swagger-ui.css">
<link rel="icon" type="image/png" href="docs/files/favicon-32x32.png">
</head>
<body>
<div id="page"></div>
<script src="docs/files/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

START = 'SwaggerUIBundle({url: "openapi.json", dom_id: "#page", validatorUrl: null});\n'
"""A file of its own, so that the page runs no script within it, and its policy can say so."""

POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"


def files() -> StaticFiles:
    """The page's scripts and styles."""
    from swagger_ui_bundle import swagger_ui_path

    return StaticFiles(directory=str(swagger_ui_path))
