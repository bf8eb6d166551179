// Layers and their legends: a legend stands only while its layer is drawn.
"use strict";
// Groups of the layer list, in order; true = drawn when the page opens.
GB.LAYER_GROUPS = [
  [GB.mark("The line"), { frontier: true, frontier_sea: true }],
  [GB.mark("Zones by distance"), { bands: true, strips: false, admin: false }],
  [GB.mark("Own areas"), { own: true }],
  [GB.mark("The corridor"), { corridor: true, corridor_axis: true }],
  [GB.mark("What is there"), { forested: false, populated: false, civilian_exposure: false, people: false, cover: false }],
  [GB.mark("Places"), { settlements: true, facilities: false }],
  [GB.mark("Background"), { basemap: true }],
];

GB.hasLayer = function (name) {
  if (name === "basemap") return true;
  if (name === "people" || name === "cover") return Boolean(GB.data.grids[name] && GB.data.grids[name].rows);
  if (name === "settlements" || name === "facilities") return GB.data[name].count > 0;
  return (GB.data.geometry.layers[name] || []).length > 0;
};

GB.swatch = function (style, shape) {
  const svg = GB.h("svg", { class: "swatch", width: 26, height: 16, viewBox: "0 0 26 16", "aria-hidden": "true" });
  if (shape === "line") {
    svg.append(GB.h("line", { x1: 1, y1: 8, x2: 25, y2: 8, stroke: style.line, "stroke-width": style.width || 1, "stroke-dasharray": (style.dash || []).join(" ") || null }));
    return svg;
  }
  if (shape === "point") {
    svg.append(GB.h("path", { d: GB.symbolPath(style.symbol || "circle", 13, 8, 5), fill: style.fill, stroke: style.line, "stroke-width": style.width || 1 }));
    return svg;
  }
  svg.append(GB.h("rect", { x: 1, y: 1, width: 24, height: 14, fill: style.fill || "none", "fill-opacity": style.fill_opacity === undefined ? 1 : style.fill_opacity,
    stroke: style.line || "#555555", "stroke-width": Math.max(style.width || 0, 0.8), "stroke-dasharray": (style.dash || []).join(" ") || null }));
  const mark = { stroke: style.pattern_colour, "stroke-width": 1.1 };
  const pattern = style.pattern || "none";
  if (pattern === "dots") for (const [x, y] of [[5, 5], [11, 5], [17, 5], [22, 5], [8, 11], [14, 11], [20, 11]]) svg.append(GB.h("circle", { cx: x, cy: y, r: 1.1, fill: style.pattern_colour }));
  if (pattern === "diagonal" || pattern === "cross") for (const x of [1, 8, 15]) svg.append(GB.h("line", { x1: x, y1: 15, x2: x + 10, y2: 1, ...mark }));
  if (pattern === "diagonal_back" || pattern === "cross") for (const x of [1, 8, 15]) svg.append(GB.h("line", { x1: x, y1: 1, x2: x + 10, y2: 15, ...mark }));
  return svg;
};

GB.legendOf = function (name) {
  const styles = GB.data.styles.layers[name] || {}, item = (style, text, shape) => GB.h("li", {}, GB.swatch(style, shape), GB.h("span", {}, text));
  if (name === "bands") return GB.data.study.bands.map(([from, to], i) => item({ ...styles[""], fill: GB.data.styles.ramps.bands.colours[i] }, GB.range(from, to)));
  if (name === "strips") return [item(styles[""], GB.t("{depths} deep", { depths: GB.data.study.strips.map(GB.metres).join(", ") }))];
  if (name === "people") {
    const { colours, breaks } = GB.data.styles.ramps.people;
    return colours.slice(0, breaks.length).map((fill, i) => item({ fill, fill_opacity: 0.75 },
      i === 0 ? GB.t("under {n}", { n: GB.plain(breaks[1]) }) : i === breaks.length - 1 ? GB.t("{n} and more", { n: GB.plain(breaks[i]) }) : `${GB.plain(breaks[i])}–${GB.plain(breaks[i + 1])}`));
  }
  if (name === "frontier_sea" || name === "corridor_axis") return [item(styles[""], GB.label(name), "line")];
  if (name === "frontier" && !GB.data.geometry.layers.frontier.some((f) => f.c)) return [item(styles[""], GB.t("own line"), "line")];
  if (name === "admin" || name === "corridor" || name === "own") return [item(styles[""], GB.label(name))];
  if (name === "settlements") return [GB.h("li", {}, GB.swatch({ ...styles[""], symbol: "circle" }, "point"), GB.h("span", {}, GB.t("larger with more people; +n: further settlements nearby")))];
  const layers = GB.data.geometry.layers[name] || [], present = name === "cover" ? new Set(GB.coverPresent()) : name === "facilities" ? new Set(GB.data.facilities.kind) : new Set(layers.map((f) => f.c));
  const shape = name === "frontier" ? "line" : name === "facilities" ? "point" : "area";
  return Object.keys(styles).filter((cls) => cls && present.has(cls)).map((cls) => item(styles[cls], GB.classLabel(name, cls), shape));
};
GB.coverPresent = function () {
  const classes = new Set();
  for (const runs of GB.gridOf("cover").byRow) for (const run of runs) classes.add(GB.data.cover_classes[run[2] - 1]);
  return classes;
};

GB.aboutLayer = function (name) {
  return {
    bands: GB.t("Home territory by distance to the frontier."),
    strips: GB.t("Hypothetical: one uniform depth along the whole segment, drawn only to count what lies inside."),
    own: GB.t("Areas that were chosen for this run, clipped to home territory; they are not ranked."),
    corridor: GB.t("Computed; no official outline exists."),
    forested: GB.t("1 km cells with at least {share} tree cover.", { share: GB.share(GB.data.study.forested_share) }),
    populated: GB.t("1 km cells with people, by kind of settlement."),
    civilian_exposure: GB.t("1 km cells where people live, work or pass. Blank means nothing is known, not empty."),
    people: GB.t("Residents in each cell of the data; cells with nobody known are blank."),
    cover: GB.t("Each cell of the data at its own size."),
  }[name];
};

GB.layerPanel = function () {
  const parts = [];
  for (const [title, layers] of GB.LAYER_GROUPS) {
    const names = Object.keys(layers).filter(GB.hasLayer);
    if (!names.length) continue;
    parts.push(GB.h("fieldset", {}, GB.h("legend", {}, GB.t(title)), names.map((name) => {
      const about = GB.aboutLayer(name), id = `layer-${name}`;
      return GB.h("div", { class: "layer" },
        GB.h("input", { type: "checkbox", id, checked: GB.painter.shown.has(name), "aria-describedby": about ? `${id}-about` : null, onchange: (e) => GB.toggle(name, e.target.checked) }),
        GB.h("label", { for: id }, GB.label(name)), about ? GB.h("small", { id: `${id}-about` }, about) : null);
    })));
  }
  if (GB.online.length) {
    parts.push(GB.h("fieldset", {}, GB.h("legend", {}, GB.t("Online background (uses the network)")),
      [[null, GB.t("None")], ...GB.online.map((o) => [o.key, o.name])].map(([key, text]) => GB.h("div", { class: "layer" },
        GB.h("input", { type: "radio", name: "online", id: `online-${key}`, checked: GB.onlineShown === key, onchange: () => GB.showOnline(key) }), GB.h("label", { for: `online-${key}` }, text))),
      GB.h("small", {}, GB.t("Switching one on asks its server for pictures, and tells it where you look."))));
  }
  return parts;
};

GB.toggle = function (name, on) {
  if (on) GB.painter.shown.add(name); else GB.painter.shown.delete(name);
  GB.painter.repaint();
  GB.drawLegend();
  GB.writeHash();
};

GB.drawLegend = function () {
  const body = document.getElementById("legend-body"), parts = [];
  for (const [, layers] of GB.LAYER_GROUPS) for (const name of Object.keys(layers)) {
    if (name === "basemap" || !GB.painter.shown.has(name) || !GB.hasLayer(name)) continue;
    const items = GB.legendOf(name);
    parts.push(GB.h("section", { "data-legend": name }, items.length === 1 && ["frontier_sea", "corridor_axis", "admin", "corridor", "own"].includes(name) ? null : GB.h("h4", {}, GB.label(name)), GB.h("ul", {}, items)));
  }
  body.replaceChildren(...parts);
};

GB.showOnline = function (key) {
  for (const { key: each, layer } of GB.online) if (each !== key) layer.remove();
  const found = GB.online.find((o) => o.key === key);
  if (found) found.layer.addTo(GB.map);
  GB.onlineShown = found ? key : null;
  // The project's own background would cover the pictures.
  if (found) GB.painter.shown.delete("basemap"); else GB.painter.shown.add("basemap");
  GB.painter.repaint();
  GB.show("layers");
};
