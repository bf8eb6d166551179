"""Runs in the Python of QGIS: opens a project, does what is asked, prints one JSON document. Imports no geo_border."""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# No leftovers of another session, and no home folder needed.
os.environ.setdefault("XDG_RUNTIME_DIR", os.environ.get("TMPDIR", "/tmp"))

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeatureRequest,
    QgsLayoutExporter,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QRectF, QSize, Qt, QUrl, QVariant
from qgis.PyQt.QtGui import QColor, QFont, QFontMetricsF


def plain(value):
    if value is None or (isinstance(value, QVariant) and value.isNull()):
        return None
    return value


def describe(project, messages):
    layers = {}
    for layer_id, layer in project.mapLayers().items():
        vector = isinstance(layer, QgsVectorLayer)
        layers[layer_id] = {
            "valid": layer.isValid(),
            "name": layer.name(),
            "source": layer.source(),
            "crs": layer.crs().authid(),
            "rows": layer.featureCount() if vector else None,
            "aliases": {f.name(): f.alias() for f in layer.fields()} if vector else {},
            "farthest": layer.minimumScale() if layer.hasScaleBasedVisibility() else 0,
            "tip": layer.mapTipTemplate() if vector else "",
            "display": layer.displayExpression() if vector else "",
            "widgets": {f.name(): layer.editorWidgetSetup(i).type() for i, f in enumerate(layer.fields())}
            if vector
            else {},
            "attribution": layer.attribution() if hasattr(layer, "attribution") else "",
        }
    return {
        "version": Qgis.QGIS_VERSION,
        "layers": layers,
        "groups": [g.name() for g in project.layerTreeRoot().findGroups()],
        "themes": project.mapThemeCollection().mapThemes(),
        "bookmarks": [b.name() for b in project.bookmarkManager().bookmarks()],
        "relations": {k: r.isValid() for k, r in project.relationManager().relations().items()},
        "layouts": [layout.name() for layout in project.layoutManager().layouts()],
        "crs": project.crs().authid(),
        "ellipsoid": project.ellipsoid(),
        "title": project.metadata().title(),
        "abstract": project.metadata().abstract(),
        "absolute": project.readBoolEntry("Paths", "/Absolute", True)[0],
        "messages": messages,
    }


def render_themes(project, out):
    drawn = {}
    themes = project.mapThemeCollection()
    for theme in themes.mapThemes():
        settings = QgsMapSettings()
        settings.setLayers(themes.mapThemeVisibleLayers(theme))
        settings.setLayerStyleOverrides(themes.mapThemeStyleOverrides(theme))
        settings.setDestinationCrs(project.crs())
        settings.setOutputSize(QSize(900, 700))
        settings.setBackgroundColor(QColor("white"))
        extent = project.mapLayer("layer_zones").extent()
        extent.scale(1.05)
        settings.setExtent(extent)
        context = QgsExpressionContext()
        context.appendScope(QgsExpressionContextUtils.globalScope())
        context.appendScope(QgsExpressionContextUtils.projectScope(project))
        context.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))
        settings.setExpressionContext(context)
        job = QgsMapRendererParallelJob(settings)
        job.start()
        job.waitForFinished()
        image = job.renderedImage()
        path = str(Path(out) / f"theme-{theme}.png")
        image.save(path)
        drawn[theme] = {
            "path": path,
            "layers": [layer.id() for layer in settings.layers()],
            "errors": [error.message for error in job.errors()],
            "colours": colours(image),
        }
    return drawn


def colours(image):
    return len({image.pixel(x, y) for x in range(0, image.width(), 4) for y in range(0, image.height(), 4)})


def print_sheets(project, out):
    pages = {}
    for layout in project.layoutManager().layouts():
        exporter = QgsLayoutExporter(layout)
        settings = QgsLayoutExporter.ImageExportSettings()
        settings.dpi = 80
        pdf = QgsLayoutExporter.PdfExportSettings()
        pdf.dpi = 80
        atlas = layout.atlas()
        if not atlas.enabled():
            pages[layout.name()] = page(exporter, layout, settings, pdf, Path(out) / f"sheet-{layout.name()}")
            continue
        atlas.beginRender()
        atlas.updateFeatures()
        for number in range(atlas.count()):
            atlas.seekTo(number)
            atlas.refreshCurrentFeature()
            name = atlas.nameForPage(number)
            pages[name] = page(exporter, layout, settings, pdf, Path(out) / f"sheet-{name}")
        atlas.endRender()
    return pages


def read_labels(project):
    """The texts of every sheet, as QGIS works them out; nothing is drawn."""
    return {name: texts(layout) for name, layout in turn_pages(project)}


def turn_pages(project):
    """Every sheet by its name, with its layout set to it."""
    for layout in project.layoutManager().layouts():
        atlas = layout.atlas()
        if not atlas.enabled():
            yield layout.name(), layout
            continue
        atlas.beginRender()
        atlas.updateFeatures()
        for number in range(atlas.count()):
            atlas.seekTo(number)
            yield atlas.nameForPage(number), layout
        atlas.endRender()


def texts(layout):
    return {item.id(): item.currentText() for item in layout.items() if hasattr(item, "currentText")}


def list_cut(layout):
    return [item.id() for item in layout.items() if hasattr(item, "currentText") and not fits(item)]


def fits(item):
    """Tell whether a label's text, wrapped at its width, is no higher than its box; in hundredths of a millimetre."""
    font = QFont(item.font())
    font.setPixelSize(round(font.pointSizeF() * 25.4 / 72 * 100))
    wide = QRectF(0, 0, item.rect().width() * 100, 1e6)
    needed = QFontMetricsF(font).boundingRect(wide, Qt.TextWordWrap, item.currentText()).height()
    return needed <= item.rect().height() * 100 + 1


def page(exporter, layout, settings, pdf, stem):
    png = f"{stem}.png"
    result = exporter.exportToImage(png, settings)
    printed = exporter.exportToPdf(f"{stem}.pdf", pdf)
    image = exporter.renderPageToImage(0)
    return {
        "ok": result == exporter.Success and printed == exporter.Success,
        "png_bytes": Path(png).stat().st_size,
        "pdf_bytes": Path(f"{stem}.pdf").stat().st_size,
        "colours": colours(image),
        "labels": texts(layout),
    }


def ask(sql):
    quoted = bytes(QUrl.toPercentEncoding(sql)).decode("ascii")
    layer = QgsVectorLayer(f"?query={quoted}", "answer", "virtual")
    if not layer.isValid():
        return {"error": layer.dataProvider().error().message() if layer.dataProvider() else "invalid"}
    names = layer.fields().names()
    return {"columns": names, "rows": [[plain(v) for v in f.attributes()] for f in layer.getFeatures()]}


def evaluate(project, layer_id, expression, limit=10_000):
    layer = project.mapLayer(layer_id)
    parsed = QgsExpression(expression)
    values = []
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    for number, feature in enumerate(layer.getFeatures(QgsFeatureRequest())):
        if number >= limit:
            break
        context.setFeature(feature)
        values.append(plain(parsed.evaluate(context)))
        if parsed.hasEvalError():
            return {"error": parsed.evalErrorString()}
    return {"error": parsed.parserErrorString(), "values": values}


def tips(project, layer_id):
    layer = project.mapLayer(layer_id)
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    shown = []
    for feature in layer.getFeatures():
        context.setFeature(feature)
        shown.append(QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context))
    return shown


def calculate(expressions):
    return [plain(QgsExpression(text).evaluate()) for text in expressions]


def open_layer(path, table):
    layer = QgsVectorLayer(f"{path}|layername={table}", table, "ogr")
    return {"valid": layer.isValid(), "renderer": layer.renderer().type(), "labels": layer.labelsEnabled()}


def main():
    job = json.loads(sys.stdin.read())
    application = QgsApplication([], False)
    application.initQgis()
    messages = []
    QgsApplication.messageLog().messageReceived.connect(
        lambda text, tag, level: messages.append([int(level), tag, text]) if level != Qgis.Info else None
    )
    project = QgsProject.instance()
    answer = {"read": project.read(job["project"]), "error": project.error()}
    answer["described"] = describe(project, messages)
    if "out" in job:
        answer["themes"] = render_themes(project, job["out"])
        answer["sheets"] = print_sheets(project, job["out"])
    if job.get("labels"):
        answer["labels"] = read_labels(project)
        answer["cut"] = {name: list_cut(layout) for name, layout in turn_pages(project)}
    answer["sql"] = {name: ask(sql) for name, sql in job.get("sql", {}).items()}
    answer["values"] = {
        name: evaluate(project, layer, text) for name, (layer, text) in job.get("expressions", {}).items()
    }
    answer["tips"] = {layer: tips(project, layer) for layer in job.get("tips", [])}
    answer["calculated"] = calculate(job.get("calculate", []))
    answer["opened"] = {table: open_layer(job["gpkg"], table) for table in job.get("open", [])}
    answer["messages"] = messages
    print("ANSWER" + json.dumps(answer))
    sys.stdout.flush()
    # QGIS 3.22 may crash in its own clean-up; all that was asked for is already said.
    os._exit(0)


main()
