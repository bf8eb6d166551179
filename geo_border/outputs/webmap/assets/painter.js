// Drawing: one canvas that Leaflet moves and scales, painted anew when the map rests.
"use strict";
GB.Painter = L.Renderer.extend({
  options: { padding: 0.25, pane: "overlayPane" },

  initialize(options) {
    L.Renderer.prototype.initialize.call(this, options);
    this.shown = new Set();
    this.patterns = new Map();
  },
  _initContainer() {
    this._container = GB.h("canvas", { "aria-hidden": "true" });
    this._ctx = this._container.getContext("2d");
  },
  _destroyContainer() {
    this._container.remove();
    this._ctx = null;
  },
  _updatePaths() {},
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize(), canvas = this._container;
    this.ratio = Math.min(window.devicePixelRatio || 1, 2);
    L.DomUtil.setPosition(canvas, this._bounds.min);
    canvas.width = Math.round(size.x * this.ratio);
    canvas.height = Math.round(size.y * this.ratio);
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    this.paint();
  },
  repaint() {
    if (this._map && this._ctx) this.paint();
  },

  // Pixels (of the canvas, before the screen's ratio) for one unit, and where the plane's origin stands.
  frame() {
    const world = 256 * 2 ** this._map.getZoom(), turn = 2 * Math.PI * GB.R, { x, y, unit } = GB.data.plane;
    const s = (unit * world) / turn, origin = this._map.getPixelOrigin(), min = this._bounds.min;
    const ox = world / 2 + x * s - origin.x - min.x, oy = world / 2 - y * s - origin.y - min.y;
    const size = this._bounds.getSize();
    const level = GB.data.plane.tolerances.filter((tolerance) => tolerance * s < 0.8).length - 1;
    return {
      s, ox, oy, size, level: Math.max(level, 0), zoom: this._map.getZoom(), world,
      px: (ux) => ux * s + ox, py: (uy) => oy - uy * s,
      box: [-ox / s, (oy - size.y) / s, (size.x - ox) / s, oy / s],
    };
  },

  paint() {
    const ctx = this._ctx, frame = this.frame();
    this.lastFrame = frame;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, this._container.width, this._container.height);
    if (this.shown.has("basemap")) this.basemap(ctx, frame);
    if (this.shown.has("cover")) GB.paintGrid(this, "cover", frame);
    this.bands(ctx, frame);
    if (this.shown.has("people")) GB.paintGrid(this, "people", frame);
    for (const name of ["forested", "populated", "civilian_exposure"]) this.classes(ctx, frame, name);
    this.outlines(ctx, frame, "admin");
    this.strips(ctx, frame);
    this.whole(ctx, frame, "corridor");
    this.whole(ctx, frame, "own");
    this.lines(ctx, frame, "corridor_axis");
    this.selection(ctx, frame);
    this.lines(ctx, frame, "frontier_sea");
    this.lines(ctx, frame, "frontier");
    GB.paintPlaces(this, ctx, frame);
    this.fire("painted");
  },

  plane(ctx, frame) {
    const r = this.ratio;
    ctx.setTransform(frame.s * r, 0, 0, -frame.s * r, frame.ox * r, frame.oy * r);
  },
  features(name, frame) {
    const [x0, y0, x1, y1] = frame.box;
    return (GB.data.geometry.layers[name] || []).filter((feature) => {
      const b = GB.boxOf(feature);
      return b[0] <= x1 && b[2] >= x0 && b[1] <= y1 && b[3] >= y0;
    });
  },

  fill(ctx, frame, feature, style) {
    this.plane(ctx, frame);
    const path = GB.fillPath(feature, frame.level);
    const opacity = style.fill_opacity === undefined ? 1 : style.fill_opacity;
    if (opacity > 0) {
      ctx.globalAlpha = opacity;
      ctx.fillStyle = style.fill;
      ctx.fill(path, "evenodd");
    }
    if (style.pattern && style.pattern !== "none") {
      ctx.globalAlpha = 0.8;
      ctx.fillStyle = this.pattern(ctx, frame, style);
      ctx.fill(path, "evenodd");
    }
    ctx.globalAlpha = 1;
  },
  // Each arc once, however many features share it, and only those in view.
  // `inner` keeps to arcs that two of the features share: the lines between them, not the rim.
  stroke(ctx, frame, features, style, inner) {
    if (!style.width) return;
    const uses = new Map();
    if (inner) for (const feature of features) for (const ring of feature.g) for (const ref of ring) {
      const arc = ref < 0 ? ~ref : ref;
      uses.set(arc, (uses.get(arc) || 0) + 1);
    }
    const [x0, y0, x1, y1] = frame.box, { box } = GB.arcs, seen = new Set(), path = new Path2D();
    for (const feature of features) for (const ring of feature.g) for (const ref of ring) {
      const arc = ref < 0 ? ~ref : ref, k = 4 * arc;
      if (seen.has(arc) || (inner && uses.get(arc) < 2) || box[k] > x1 || box[k + 2] < x0 || box[k + 1] > y1 || box[k + 3] < y0) continue;
      seen.add(arc);
      GB.walk(arc, frame.level, (x, y, opening) => (opening ? path.moveTo(x, y) : path.lineTo(x, y)));
    }
    this.plane(ctx, frame);
    ctx.lineWidth = style.width / frame.s;
    ctx.setLineDash((style.dash || []).map((part) => part / frame.s));
    ctx.strokeStyle = style.line;
    ctx.globalAlpha = style.line_opacity === undefined ? 1 : style.line_opacity;
    ctx.lineJoin = "round";
    ctx.lineCap = (style.dash || []).length ? "butt" : "round";
    ctx.stroke(path);
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  },
  pattern(ctx, frame, style) {
    const key = `${style.pattern}${style.pattern_colour}${this.ratio}`;
    if (!this.patterns.has(key)) this.patterns.set(key, GB.patternTile(style, this.ratio));
    const pattern = ctx.createPattern(this.patterns.get(key), "repeat");
    // Undo the plane's scale, so that the hatch keeps its size and stays put while the map is dragged.
    const k = 1 / (frame.s * this.ratio);
    pattern.setTransform(new DOMMatrix([k, 0, 0, -k, 0, 0]));
    return pattern;
  },

  basemap(ctx, frame) {
    const base = GB.data.styles.layers.basemap, layers = GB.data.geometry.layers;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    // Without an outline of all land, what is not a country here may be land or sea: neutral, not blue.
    ctx.fillStyle = (layers.land || []).length ? base.sea.fill : base.label_quiet.line;
    ctx.fillRect(0, 0, this._container.width, this._container.height);
    for (const feature of this.features("land", frame)) this.fill(ctx, frame, feature, base.facing);
    const countries = this.features("countries", frame);
    for (const feature of countries) this.fill(ctx, frame, feature, feature.h ? base.land : base.facing);
    // Where the run knows its own land, that coast is the finer one.
    for (const feature of this.features("bands", frame)) this.fill(ctx, frame, feature, base.land);
    for (const feature of this.features("water", frame)) this.fill(ctx, frame, feature, base.water);
    this.stroke(ctx, frame, this.features("water", frame), base.water);
    if (frame.zoom >= 6) this.stroke(ctx, frame, GB.data.geometry.layers.admin1 || [], base.admin, true);
    this.stroke(ctx, frame, countries, GB.data.styles.layers.countries[""]);
  },
  bands(ctx, frame) {
    if (!this.shown.has("bands")) return;
    const style = GB.data.styles.layers.bands[""], features = this.features("bands", frame);
    for (const feature of features) this.fill(ctx, frame, feature, { ...style, fill: GB.bandColour(GB.zones[feature.z]) });
    this.stroke(ctx, frame, features, style);
  },
  classes(ctx, frame, name) {
    if (!this.shown.has(name)) return;
    const styles = GB.data.styles.layers[name], features = this.features(name, frame);
    for (const feature of features) this.fill(ctx, frame, feature, styles[feature.c] || styles[""]);
    if (frame.zoom >= 8) for (const cls of new Set(features.map((f) => f.c))) {
      this.stroke(ctx, frame, features.filter((f) => f.c === cls), styles[cls] || styles[""]);
    }
  },
  outlines(ctx, frame, name) {
    if (this.shown.has(name)) this.stroke(ctx, frame, this.features(name, frame), GB.data.styles.layers[name][""]);
  },
  strips(ctx, frame) {
    if (!this.shown.has("strips")) return;
    const style = GB.data.styles.layers.strips[""], features = this.features("strips", frame);
    const deepest = Math.max(...GB.data.study.strips);
    for (const feature of features) if (GB.zones[feature.z].to_m === deepest) this.fill(ctx, frame, feature, style);
    this.stroke(ctx, frame, features, style);
  },
  whole(ctx, frame, name) {
    if (!this.shown.has(name)) return;
    const style = GB.data.styles.layers[name][""], features = this.features(name, frame);
    for (const feature of features) this.fill(ctx, frame, feature, style);
    this.stroke(ctx, frame, features, style);
  },
  lines(ctx, frame, name) {
    if (!this.shown.has(name)) return;
    const styles = GB.data.styles.layers[name], features = this.features(name, frame);
    for (const cls of new Set(features.map((f) => f.c || ""))) {
      const part = features.filter((f) => (f.c || "") === cls), style = styles[cls] || styles[""];
      if (name === "frontier") this.stroke(ctx, frame, part, { line: "#ffffff", width: style.width + 2, line_opacity: 0.85 });
      // From afar dashes of short stretches would make the line look broken.
      this.stroke(ctx, frame, part, name === "frontier" && frame.zoom < 7 ? { ...style, dash: [] } : style);
    }
  },
  selection(ctx, frame) {
    const feature = GB.selected && GB.selected.feature;
    if (!feature) return;
    this.stroke(ctx, frame, [feature], { line: "#ffffff", width: 6, line_opacity: 0.9 });
    this.stroke(ctx, frame, [feature], { line: "#14212b", width: 3 });
  },
});

GB.bandColour = function (zone) {
  const at = GB.data.study.bands.findIndex((band) => band[1] === zone.to_m);
  return GB.data.styles.ramps.bands.colours[Math.max(at, 0)];
};

GB.patternTile = function (style, ratio) {
  const tile = document.createElement("canvas"), size = Math.round(8 * ratio), ctx = tile.getContext("2d");
  tile.width = tile.height = size;
  ctx.scale(size / 8, size / 8);
  ctx.strokeStyle = ctx.fillStyle = style.pattern_colour;
  ctx.lineWidth = 1.1;
  const line = (x0, y0, x1, y1) => { ctx.beginPath(); ctx.moveTo(x0, y0); ctx.lineTo(x1, y1); ctx.stroke(); };
  // The pattern is drawn upside down by the plane's flip; lines are laid so that "diagonal" rises to the right on screen.
  if (style.pattern === "diagonal" || style.pattern === "cross") for (const d of [-8, 0, 8]) line(d - 1, -1, d + 9, 9);
  if (style.pattern === "diagonal_back" || style.pattern === "cross") for (const d of [-8, 0, 8]) line(d - 1, 9, d + 9, -1);
  if (style.pattern === "horizontal") line(0, 4, 8, 4);
  if (style.pattern === "dots") for (const [x, y] of [[2, 2], [6, 6]]) { ctx.beginPath(); ctx.arc(x, y, 1.1, 0, 7); ctx.fill(); }
  return tile;
};
