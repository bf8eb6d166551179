// The table's rows: codes and numbers as the page holds them, made into zones and cells once.
"use strict";
GB.steps = function (text) {
  const reader = GB.reader(text), out = [];
  let at = 0;
  while (!reader.done) out.push((at += reader.next()));
  return Int32Array.from(out);
};
GB.records = ({ columns, rows }) => rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));

// Zones by number; what is asked of a zone is a column of it, never a part of its id.
GB.zones = GB.records(GB.data.zones);

// One function for each column of the table: the row's number to its cell.
GB.columns = (() => {
  const held = GB.data.figures, columns = {}, zone = GB.steps(held.zone);
  GB.rowCount = zone.length;
  const take = (names, codes, records) => { for (const name of names) columns[name] = (row) => records[codes[row]][name]; };
  take(GB.data.zones.columns, zone, GB.zones);
  take(held.kinds.columns, GB.steps(held.kind), GB.records(held.kinds));
  take(held.remarks.columns, GB.steps(held.remark), GB.records(held.remarks));
  for (const [name, text] of Object.entries(held.numbers)) {
    const numbers = text.split(",").map((part) => (part === "" ? null : part[0] === "~" ? `<${part.slice(1)}` : Number(part)));
    columns[name] = (row) => numbers[row];
  }
  return columns;
})();
GB.cell = (column, row) => GB.columns[column](row);
GB.row = (row) => Object.fromEntries(Object.entries(GB.columns).map(([name, read]) => [name, read(row)]));

GB.rowsOf = function (zone) {
  if (!GB.rowIndex) {
    GB.rowIndex = new Map();
    for (let row = 0; row < GB.rowCount; row++) {
      const id = GB.cell("zone_id", row);
      if (!GB.rowIndex.has(id)) GB.rowIndex.set(id, []);
      GB.rowIndex.get(id).push(row);
    }
  }
  return (zone && GB.rowIndex.get(zone.zone_id) || []).map(GB.row);
};
