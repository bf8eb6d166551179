// Grids at their own cells: every run of equal cells is one quadrilateral between points of the lattice.
"use strict";
GB.gridOf = function (name) {
  const grid = GB.data.grids[name];
  if (!grid.decoded) {
    grid.decoded = true;
    grid.points = GB.points(grid.lattice);
    grid.across = Math.ceil(grid.columns / grid.step) + 1;
    const reader = GB.reader(grid.runs);
    grid.byRow = [];
    for (let row = 0; row < grid.rows; row++) {
      const runs = [];
      let at = 0;
      for (let n = reader.next(); n > 0; n--) {
        at += reader.next();
        const length = reader.next();
        runs.push([at, at + length, reader.next()]);
        at += length;
      }
      grid.byRow.push(runs);
    }
    grid.lattice = grid.runs = null;
  }
  return grid;
};

// Where the corner (column, row) of the grid stands on the plane.
GB.corner = function (grid, column, row) {
  const { step, across, points } = grid;
  const c = Math.min(Math.floor(column / step), across - 2), r = Math.min(Math.floor(row / step), points.length / 2 / across - 2);
  const u = column / step - c, v = row / step - r, k = 2 * (r * across + c), below = k + 2 * across;
  const mix = (i) => (points[k + i] * (1 - u) + points[k + 2 + i] * u) * (1 - v) + (points[below + i] * (1 - u) + points[below + 2 + i] * u) * v;
  return [mix(0), mix(1)];
};

GB.gridColours = function (name) {
  if (name === "people") return GB.data.styles.ramps.people.colours;
  return GB.data.cover_classes.map((cls) => GB.data.styles.layers.cover[cls].fill);
};

GB.paintGrid = function (painter, name, frame) {
  if (!GB.data.grids[name]) return;
  const grid = GB.gridOf(name);
  if (!grid.rows) return;
  const canvas = document.createElement("canvas"), ctx = canvas.getContext("2d"), paths = [], r = painter.ratio;
  canvas.width = painter._container.width;
  canvas.height = painter._container.height;
  const { x: w, y: h } = frame.size, cell = GB.cellPx(grid, frame);
  if (cell < 3) {
    GB.paintDots(grid, name, canvas, ctx, frame, r, Math.max(1, Math.ceil(cell * r)));
    GB.layOver(painter, canvas);
    return;
  }
  for (let row = 0; row < grid.rows; row++) {
    for (const [from, to, cls] of grid.byRow[row]) {
      // A long run is cut at the lattice, so that it bends with the grid.
      for (let a = from; a < to; ) {
        const b = Math.min(to, (Math.floor(a / grid.step) + 1) * grid.step);
        const quad = [[a, row], [b, row], [b, row + 1], [a, row + 1]].map(([c, q]) => {
          const [x, y] = GB.corner(grid, c, q);
          return [frame.px(x), frame.py(y)];
        });
        a = b;
        const xs = quad.map((p) => p[0]), ys = quad.map((p) => p[1]);
        if (Math.max(...xs) < 0 || Math.min(...xs) > w || Math.max(...ys) < 0 || Math.min(...ys) > h) continue;
        const path = (paths[cls] = paths[cls] || new Path2D());
        path.moveTo(quad[0][0], quad[0][1]);
        for (const [x, y] of quad.slice(1)) path.lineTo(x, y);
        path.closePath();
      }
    }
  }
  ctx.setTransform(r, 0, 0, r, 0, 0);
  GB.gridColours(name).forEach((colour, index) => {
    if (!paths[index + 1]) return;
    ctx.fillStyle = ctx.strokeStyle = colour;
    ctx.fill(paths[index + 1]);
    // A hair of the same colour closes the seams that smoothing leaves between neighbours.
    ctx.lineWidth = 0.3;
    ctx.stroke(paths[index + 1]);
  });
  GB.layOver(painter, canvas);
};

GB.layOver = function (painter, canvas) {
  painter._ctx.setTransform(1, 0, 0, 1, 0, 0);
  painter._ctx.globalAlpha = 0.75;
  painter._ctx.drawImage(canvas, 0, 0);
  painter._ctx.globalAlpha = 1;
};

// Size of a middle cell in pixels.
GB.cellPx = function (grid, frame) {
  const [x0, y0] = GB.corner(grid, grid.columns / 2, grid.rows / 2), [x1, y1] = GB.corner(grid, grid.columns / 2 + 1, grid.rows / 2 + 1);
  return Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0)) * frame.s;
};

// Cells smaller than three pixels: each is a dot at its middle; quadrilaterals would cost seconds and show no more.
GB.paintDots = function (grid, name, canvas, ctx, frame, ratio, size) {
  const picture = ctx.createImageData(canvas.width, canvas.height), dots = new Uint32Array(picture.data.buffer), { width, height } = canvas;
  const colours = GB.gridColours(name).map((c) => (0xff000000 | (parseInt(c.slice(5, 7), 16) << 16) | (parseInt(c.slice(3, 5), 16) << 8) | parseInt(c.slice(1, 3), 16)) >>> 0);
  for (let row = 0; row < grid.rows; row++) for (const [from, to, cls] of grid.byRow[row]) for (let column = from; column < to; column++) {
    const [x, y] = GB.corner(grid, column + 0.5, row + 0.5);
    const left = Math.round(frame.px(x) * ratio - size / 2), top = Math.round(frame.py(y) * ratio - size / 2);
    for (let v = Math.max(top, 0); v < Math.min(top + size, height); v++) for (let u = Math.max(left, 0); u < Math.min(left + size, width); u++) dots[v * width + u] = colours[cls - 1];
  }
  ctx.putImageData(picture, 0, 0);
};
