// Places and names on the canvas: the most people first, the rest gathered behind a number until the map is near enough.
"use strict";
GB.placesOf = function (name) {
  const places = GB.data[name];
  if (typeof places.at === "string") {
    places.at = GB.points(places.at);
    const weight = (i) => (typeof places.people[i] === "number" ? places.people[i] : 0);
    places.order = Array.from({ length: places.count }, (_, i) => i).sort((a, b) => weight(b) - weight(a) || a - b);
  }
  return places;
};

GB.GATHER_PX = { settlements: 46, facilities: 34 };
GB.GATHER_UNTIL = 11;

// Groups in view: the first of each square of the world has the most people and stands for the others.
GB.gather = function (name, frame) {
  const places = GB.placesOf(name), groups = new Map(), size = GB.GATHER_PX[name];
  const shiftX = frame.world / 2 + GB.data.plane.x * frame.s, shiftY = frame.world / 2 - GB.data.plane.y * frame.s;
  for (const i of places.order) {
    const ux = places.at[2 * i], uy = places.at[2 * i + 1], x = frame.px(ux), y = frame.py(uy);
    if (x < -40 || y < -40 || x > frame.size.x + 40 || y > frame.size.y + 40) continue;
    const key = frame.zoom >= GB.GATHER_UNTIL ? i
      : `${Math.floor((ux * frame.s + shiftX) / size)} ${Math.floor((shiftY - uy * frame.s) / size)}`;
    const group = groups.get(key);
    if (group) group.others++;
    else groups.set(key, { i, x, y, others: 0, name });
  }
  return [...groups.values()];
};

GB.radius = function (people) {
  const n = typeof people === "number" ? people : 0;
  return n >= 50000 ? 7 : n >= 10000 ? 5.5 : n >= 1000 ? 4.2 : 3;
};

GB.paintPlaces = function (painter, ctx, frame) {
  const r = painter.ratio;
  ctx.setTransform(r, 0, 0, r, 0, 0);
  const taken = [], free = (b) => taken.every((t) => b[0] > t[2] || b[2] < t[0] || b[1] > t[3] || b[3] < t[1]);
  painter.groups = [];
  const labels = [];
  for (const name of ["facilities", "settlements"]) {
    if (!painter.shown.has(name)) continue;
    for (const group of GB.gather(name, frame)) {
      painter.groups.push(group);
      const places = GB.data[name], size = name === "settlements" ? GB.radius(places.people[group.i]) : 5;
      const styles = GB.data.styles.layers[name], style = styles[places.kind[group.i]] || styles[""];
      GB.symbol(ctx, name === "settlements" ? "circle" : style.symbol || "circle", group.x, group.y, size, style);
      taken.push([group.x - size, group.y - size, group.x + size, group.y + size]);
      if (name === "settlements") labels.push({ ...group, size, text: places.name[group.i], people: places.people[group.i] });
    }
  }
  const quiet = GB.data.styles.layers.basemap.label_quiet, loud = GB.data.styles.layers.basemap.label;
  if (painter.shown.has("basemap")) GB.nameAreas(ctx, frame, taken, free, quiet);
  ctx.textAlign = "left";
  labels.sort((a, b) => (Number(b.people) || 0) - (Number(a.people) || 0));
  for (const label of labels) {
    const big = typeof label.people === "number" && label.people >= 10000;
    ctx.font = `${big ? 600 : 400} ${big ? 13 : 12}px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif`;
    const text = label.text.length > 40 ? `${label.text.slice(0, 39)}…` : label.text;
    const more = label.others ? ` +${label.others}` : "";
    const width = ctx.measureText(text + more).width, gap = label.size + 3;
    // Beside the point if there is room, else before, above or below it.
    const places = [[gap, 4], [-gap - width - 2, 4], [-width / 2, -gap - 2], [-width / 2, gap + 12]];
    const boxAt = ([dx, dy]) => [label.x + dx - 2, label.y + dy - 13, label.x + dx + width + 3, label.y + dy + 4];
    const place = places.find((at) => free(boxAt(at)));
    if (!place) continue;
    taken.push(boxAt(place));
    const x = label.x + place[0], y = label.y + place[1];
    GB.write(ctx, text, x, y, loud);
    if (more) GB.write(ctx, more, x + ctx.measureText(text).width, y, quiet);
  }
};

GB.nameAreas = function (ctx, frame, taken, free, style) {
  ctx.textAlign = "center";
  const areas = [
    ...(frame.zoom < 9 ? (GB.data.geometry.layers.countries || []).map((f) => ({ f, big: true, text: GB.countryName(f.k) })) : []),
    ...(frame.zoom >= 7 && frame.zoom < 11 ? (GB.data.geometry.layers.admin1 || []).map((f) => ({ f, text: f.n })) : []),
  ];
  for (const { f, big, text } of areas) {
    if (!f.at || !text) continue;
    ctx.font = big ? '600 14px system-ui, "Segoe UI", Roboto, sans-serif' : 'italic 12px system-ui, "Segoe UI", Roboto, sans-serif';
    const written = big ? text.toLocaleUpperCase(GB.lang).split("").join("\u200a") : text;
    const x = frame.px(f.at[0]), y = frame.py(f.at[1]), half = ctx.measureText(written).width / 2;
    const box = [x - half - 4, y - 14, x + half + 4, y + 5];
    if (!free(box)) continue;
    taken.push(box);
    GB.write(ctx, written, x, y, style);
  }
};

GB.write = function (ctx, text, x, y, style) {
  ctx.lineWidth = 3;
  ctx.lineJoin = "round";
  ctx.strokeStyle = style.line;
  ctx.globalAlpha = 0.9;
  ctx.strokeText(text, x, y);
  ctx.globalAlpha = 1;
  ctx.fillStyle = style.fill;
  ctx.fillText(text, x, y);
};

GB.symbolPath = function (symbol, x, y, r) {
  const p = (points) => points.map(([a, b], i) => `${i ? "L" : "M"}${x + a * r} ${y + b * r}`).join("") + "Z";
  if (symbol === "square") return p([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]);
  if (symbol === "triangle") return p([[0, -1.1], [1.05, 0.8], [-1.05, 0.8]]);
  if (symbol === "diamond") return p([[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]]);
  if (symbol === "pentagon") return p([[0, -1.1], [1.05, -0.3], [0.65, 0.95], [-0.65, 0.95], [-1.05, -0.3]]);
  if (symbol === "cross") return p([[-0.4, -1.1], [0.4, -1.1], [0.4, -0.4], [1.1, -0.4], [1.1, 0.4], [0.4, 0.4], [0.4, 1.1], [-0.4, 1.1], [-0.4, 0.4], [-1.1, 0.4], [-1.1, -0.4], [-0.4, -0.4]]);
  return `M${x - r} ${y}A${r} ${r} 0 1 0 ${x + r} ${y}A${r} ${r} 0 1 0 ${x - r} ${y}Z`;
};
GB.symbol = function (ctx, symbol, x, y, r, style) {
  const path = new Path2D(GB.symbolPath(symbol, x, y, r));
  ctx.fillStyle = style.fill;
  ctx.strokeStyle = style.line;
  ctx.lineWidth = style.width;
  ctx.fill(path);
  ctx.stroke(path);
};

// The place under a pixel of the map, if any.
GB.placeAt = function (painter, point) {
  let best = null;
  const min = painter._bounds.min, layer = GB.map.containerPointToLayerPoint(point).subtract(min);
  for (const group of painter.groups || []) {
    const d = Math.hypot(group.x - layer.x, group.y - layer.y);
    if (d <= 14 && (!best || d < best.d)) best = { ...group, d };
  }
  return best;
};
