// Data, decoding and geometry: what every other part of the page stands on.
"use strict";
const GB = {
  data: JSON.parse(document.getElementById("gb-data").textContent),
  languages: JSON.parse(document.getElementById("gb-languages").textContent),
  lang: "en",
  R: 6378137,
};

// Elements are only ever built from text nodes and attributes, so no name in the data can become markup.
GB.h = function (tag, attributes, ...children) {
  const svg = ["svg", "path", "rect", "circle", "line", "g", "title"].includes(tag) && (attributes || {}).svg !== 0;
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false || key === "svg") continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
};

GB.digits = (() => {
  const table = new Uint8Array(128);
  const text = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (let i = 0; i < 64; i++) table[text.charCodeAt(i)] = i;
  return table;
})();

GB.reader = function (text) {
  let at = 0;
  return {
    get done() { return at >= text.length; },
    next() {
      let value = 0, scale = 1, digit;
      do {
        digit = GB.digits[text.charCodeAt(at++)];
        value += (digit & 31) * scale;
        scale *= 32;
      } while (digit & 32);
      return value % 2 ? -(value + 1) / 2 : value / 2;
    },
  };
};

GB.points = function (text) {
  const reader = GB.reader(text), out = [];
  let x = 0, y = 0;
  while (!reader.done) { x += reader.next(); y += reader.next(); out.push(x, y); }
  return Float64Array.from(out);
};

GB.arcs = (() => {
  const reader = GB.reader(GB.data.geometry.arcs), marks = GB.data.geometry.levels;
  const top = GB.data.plane.tolerances.length - 1;
  const xy = [], level = [], start = [0], box = [];
  let x = 0, y = 0, mark = 0;
  while (!reader.done) {
    const n = reader.next();
    let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
    for (let i = 0; i < n; i++) {
      x += reader.next(); y += reader.next();
      xy.push(x, y);
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      if (y > y1) y1 = y;
      const inner = i - 1;
      level.push(i === 0 || i === n - 1 ? top
        : (GB.digits[marks.charCodeAt(mark + Math.floor(inner / 3))] >> (4 - 2 * (inner % 3))) & 3);
    }
    mark += Math.ceil((n - 2) / 3);
    start.push(level.length);
    box.push(x0, y0, x1, y1);
  }
  return { xy: Int32Array.from(xy), level: Uint8Array.from(level), start: Int32Array.from(start), box: Int32Array.from(box) };
})();
GB.data.geometry.arcs = GB.data.geometry.levels = null;

// Walk an arc's vertices of at least this level, from its first (or, for ~number, its last).
GB.walk = function (ref, level, visit) {
  const a = ref < 0 ? ~ref : ref, { xy, start } = GB.arcs, levels = GB.arcs.level;
  const from = start[a], to = start[a + 1];
  if (ref >= 0) for (let i = from; i < to; i++) { if (levels[i] >= level) visit(xy[2 * i], xy[2 * i + 1], i === from); }
  else for (let i = to - 1; i >= from; i--) { if (levels[i] >= level) visit(xy[2 * i], xy[2 * i + 1], i === to - 1); }
};

GB.boxOf = function (feature) {
  if (!feature.box) {
    const b = [Infinity, Infinity, -Infinity, -Infinity], { box } = GB.arcs;
    for (const ring of feature.g) for (const ref of ring) {
      const k = 4 * (ref < 0 ? ~ref : ref);
      b[0] = Math.min(b[0], box[k]); b[1] = Math.min(b[1], box[k + 1]);
      b[2] = Math.max(b[2], box[k + 2]); b[3] = Math.max(b[3], box[k + 3]);
    }
    feature.box = b;
  }
  return feature.box;
};

GB.fillPath = function (feature, level) {
  feature.paths = feature.paths || [];
  if (!feature.paths[level]) {
    const path = new Path2D();
    for (const ring of feature.g) {
      let first = true;
      for (const ref of ring) {
        GB.walk(ref, level, (x, y, opening) => {
          if (first) path.moveTo(x, y); else if (!opening) path.lineTo(x, y);
          first = false;
        });
      }
      path.closePath();
    }
    feature.paths[level] = path;
  }
  return feature.paths[level];
};

// Even-odd rule over all rings at full detail.
GB.holds = function (feature, x, y) {
  const b = GB.boxOf(feature);
  if (x < b[0] || x > b[2] || y < b[1] || y > b[3]) return false;
  let inside = false;
  for (const ring of feature.g) {
    let px = 0, py = 0, first = true;
    for (const ref of ring) {
      GB.walk(ref, 0, (qx, qy) => {
        if (!first && (qy > y) !== (py > y) && x < ((px - qx) * (y - qy)) / (py - qy) + qx) inside = !inside;
        px = qx; py = qy; first = false;
      });
    }
  }
  return inside;
};

// The plane and the earth.
GB.toPlane = function (latlng) {
  const { x, y, unit } = GB.data.plane, lat = (latlng.lat * Math.PI) / 180;
  return { x: (GB.R * latlng.lng * Math.PI) / 180 / unit - x, y: (GB.R * Math.log(Math.tan(Math.PI / 4 + lat / 2))) / unit - y };
};
GB.toLatLng = function (px, py) {
  const { x, y, unit } = GB.data.plane, mx = (px + x) * unit, my = (py + y) * unit;
  return L.latLng(((2 * Math.atan(Math.exp(my / GB.R)) - Math.PI / 2) * 180) / Math.PI, ((mx / GB.R) * 180) / Math.PI);
};

// Metres on the WGS 84 ellipsoid for one unit of the plane, east and north, at a latitude.
GB.metresPerUnit = function (lat) {
  const phi = (lat * Math.PI) / 180, e2 = 0.00669437999014, w = 1 - e2 * Math.sin(phi) ** 2;
  const cos = Math.cos(phi) * GB.data.plane.unit;
  return { east: cos / Math.sqrt(w), north: (cos * (1 - e2)) / w ** 1.5 };
};

// The nearest point of the frontier: distance in metres, its place on the plane, and the segment it belongs to.
GB.nearestFrontier = function (latlng) {
  const p = GB.toPlane(latlng);
  let metres = GB.metresPerUnit(latlng.lat), best = null;
  for (let round = 0; round < 2; round++) {
    best = null;
    const { east, north } = metres;
    for (const feature of GB.data.geometry.layers.frontier) {
      const b = GB.boxOf(feature);
      if (best) {
        const ox = Math.max(b[0] - p.x, 0, p.x - b[2]) * east, oy = Math.max(b[1] - p.y, 0, p.y - b[3]) * north;
        if (ox * ox + oy * oy > best.d2) continue;
      }
      for (const line of feature.g) {
        let ax = 0, ay = 0, first = true;
        for (const ref of line) {
          GB.walk(ref, 0, (bx, by) => {
            if (!first) {
              const vx = (bx - ax) * east, vy = (by - ay) * north, wx = (p.x - ax) * east, wy = (p.y - ay) * north;
              const t = Math.max(0, Math.min(1, (vx * wx + vy * wy) / (vx * vx + vy * vy || 1)));
              const dx = wx - t * vx, dy = wy - t * vy, d2 = dx * dx + dy * dy;
              if (!best || d2 < best.d2) best = { d2, segment: feature.s, x: ax + t * (bx - ax), y: ay + t * (by - ay) };
            }
            ax = bx; ay = by; first = false;
          });
        }
      }
    }
    if (!best) return null;
    // The plane's scale changes with latitude: look again with the scale half-way to the point found.
    metres = GB.metresPerUnit((latlng.lat + GB.toLatLng(best.x, best.y).lat) / 2);
  }
  return { metres: Math.sqrt(best.d2), segment: best.segment, x: best.x, y: best.y };
};
