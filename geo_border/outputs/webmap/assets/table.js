// The table: every figure of the page as text, to read aloud, sort and download; raw values, people under ten not told.
"use strict";
GB.COLUMNS = ["zone_id", "measure", "category", "value", "low", "high", "unit", "basis", "dataset", "vintage", "range_from", "note"];
GB.CSV_COLUMNS = ["zone_kind", "zone_id", "zone_name", "segment", "country", "from_m", "to_m", "part_of", ...GB.COLUMNS.slice(1)];
GB.PAGE_ROWS = 200;
GB.tableState = { kind: "band", measure: "people", sort: "zone_id", down: false, page: 0 };

GB.tableRows = function () {
  const { kind, measure, sort, down } = GB.tableState, rows = [];
  for (let row = 0; row < GB.rowCount; row++) {
    if (kind && GB.cell("zone_kind", row) !== kind) continue;
    if (measure && GB.cell("measure", row) !== measure) continue;
    rows.push(row);
  }
  const number = (v) => (typeof v === "string" && v[0] === "<" ? Number(v.slice(1)) - 0.5 : v), collator = new Intl.Collator("en", { numeric: true });
  rows.sort((a, b) => {
    const x = number(GB.cell(sort, a)), y = number(GB.cell(sort, b));
    if (x === null || y === null) return (x === null) - (y === null);
    const order = typeof x === "number" && typeof y === "number" ? x - y : collator.compare(String(x), String(y));
    return down ? -order : order;
  });
  return rows;
};

GB.table = function () {
  const state = GB.tableState, rows = GB.tableRows(), pages = Math.max(1, Math.ceil(rows.length / GB.PAGE_ROWS));
  state.page = Math.min(state.page, pages - 1);
  const again = (change, focus) => { Object.assign(state, change); GB.show("table"); const node = document.getElementById(focus); if (node) node.focus(); };
  const heads = { zone_id: GB.mark("Zone"), measure: GB.mark("Measure"), category: GB.mark("Class"), value: GB.mark("Value"), low: GB.mark("Low"), high: GB.mark("High"), unit: GB.mark("Unit"), basis: GB.mark("Share or density of"), dataset: GB.mark("Dataset"), vintage: GB.mark("Year or version"), range_from: GB.mark("Range from"), note: GB.mark("Note") };
  const select = (id, key, values, text) => GB.h("select", { id, onchange: (e) => again({ [key]: e.target.value, page: 0 }, id) },
    GB.h("option", { value: "" }, GB.t("All")), values.map((v) => GB.h("option", { value: v, selected: state[key] === v }, text(v))));
  const head = (column) => GB.h("th", { scope: "col", "aria-sort": state.sort === column ? (state.down ? "descending" : "ascending") : "none" },
    GB.h("button", { type: "button", id: `sort-${column}`, onclick: () => again({ sort: column, down: state.sort === column && !state.down, page: 0 }, `sort-${column}`) },
      GB.t(heads[column]), GB.h("span", { "aria-hidden": "true" }, state.sort === column ? (state.down ? " ▾" : " ▴") : "")));
  const body = rows.slice(state.page * GB.PAGE_ROWS, (state.page + 1) * GB.PAGE_ROWS).map((row) => GB.h("tr", {}, GB.COLUMNS.map((column, i) => {
    const value = GB.cell(column, row);
    const text = column === "zone_id" ? GB.zoneName(GB.row(row)) : value === null ? (column === "value" ? "–" : "") : typeof value === "number" ? GB.plain(value, 6) : column === "category" ? GB.category(GB.cell("measure", row), value)
      : column === "measure" ? GB.t(GB.data.labels.measures[value] || value) : column === "unit" ? GB.t(GB.data.labels.units[value] || value) : column === "basis" ? GB.t(value) : value;
    return GB.h(i ? "td" : "th", i ? {} : { scope: "row" }, text);
  })));
  return [
    GB.h("p", { class: "quiet" }, GB.t("Values are not rounded here; people under 10 are never shown."), " ",
      GB.t("A dash stands where nothing is known or fewer than {n} of the data's pixels carry the figure; its note says which. The run's exposure.csv holds every value and the number of its pixels.", { n: GB.plain(GB.data.least_pixels) })),
    GB.h("div", { class: "pair" },
      GB.h("label", {}, GB.t("Zones"), select("table-kind", "kind", Object.keys(GB.data.labels.kinds).filter((kind) => GB.zones.some((zone) => zone.zone_kind === kind)), (v) => GB.t(GB.data.labels.kinds[v]))),
      GB.h("label", {}, GB.t("Measure"), select("table-measure", "measure", [...new Set(GB.records(GB.data.figures.kinds).map((kind) => kind.measure))], (v) => GB.t(GB.data.labels.measures[v] || v)))),
    GB.h("p", {}, GB.tn("{n} row", "{n} rows", rows.length), " ",
      GB.h("button", { type: "button", id: "csv", onclick: GB.downloadCsv }, GB.t("Download all as CSV"))),
    GB.h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": GB.t("Every figure") },
      GB.h("table", { id: "figures" }, GB.h("caption", {}, GB.t("Every figure")), GB.h("thead", {}, GB.h("tr", {}, GB.COLUMNS.map(head))), GB.h("tbody", {}, body))),
    pages > 1 ? GB.h("p", { class: "pair" },
      GB.h("button", { type: "button", id: "page-back", disabled: state.page === 0, onclick: () => again({ page: state.page - 1 }, "page-back") }, GB.t("Previous")),
      GB.h("span", {}, `${state.page + 1} / ${pages}`),
      GB.h("button", { type: "button", id: "page-on", disabled: state.page === pages - 1, onclick: () => again({ page: state.page + 1 }, "page-on") }, GB.t("Next"))) : null,
  ];
};
GB.category = (measure, value) => {
  const layer = { cover_area: "cover", cover_share: "cover", facilities: "facilities", frontier_length: "frontier" }[measure];
  return measure === "people" ? GB.t(GB.data.labels.ages[value] || value) : layer ? GB.classLabel(layer, value) : value;
};

GB.csv = function () {
  // A field that a spreadsheet would run as a formula is led by an apostrophe.
  const field = (v) => {
    if (v === null || v === undefined) return "";
    const text = typeof v === "string" && /^[=+\-@\t\r]/.test(v) ? `'${v}` : String(v);
    return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  const lines = [GB.CSV_COLUMNS.join(",")];
  for (let row = 0; row < GB.rowCount; row++) lines.push(GB.CSV_COLUMNS.map((column) => field(GB.cell(column, row))).join(","));
  return `\ufeff${lines.join("\r\n")}\r\n`;
};
GB.downloadCsv = function () {
  const url = URL.createObjectURL(new Blob([GB.csv()], { type: "text/csv;charset=utf-8" }));
  GB.h("a", { href: url, download: `${GB.data.study.name}-figures.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};
