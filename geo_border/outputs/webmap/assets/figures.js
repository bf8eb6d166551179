// Figures: what the table says of a zone, as cards with people, land cover, places, source and how sure.
"use strict";
GB.rowsOf = function (zoneId) {
  const f = GB.data.figures;
  if (!GB.rowIndex) {
    GB.rowIndex = new Map();
    f.zone_id.rows.forEach((code, row) => {
      const id = f.zone_id.texts[code];
      if (!GB.rowIndex.has(id)) GB.rowIndex.set(id, []);
      GB.rowIndex.get(id).push(row);
    });
  }
  return (GB.rowIndex.get(zoneId) || []).map((row) => GB.row(row));
};
GB.row = function (row) {
  const f = GB.data.figures, text = (column) => (f[column].rows[row] < 0 ? null : f[column].texts[f[column].rows[row]]);
  return {
    row, zone: text("zone_id"), measure: text("measure"), category: text("category"), unit: text("unit"),
    dataset: text("dataset"), vintage: text("vintage"), from: text("range_from"), note: text("note"),
    value: f.value[row], low: f.low[row], high: f.high[row],
    shown: f.shown[row], shownLow: f.shown_low[row], shownHigh: f.shown_high[row], percent: f.percent[row],
  };
};

GB.fact = (term, value, detail) => [GB.h("dt", {}, term), GB.h("dd", {}, value, detail ? GB.h("small", {}, ` ${detail}`) : null)];

GB.spreadText = (row) => {
  const spread = GB.spread(row.shownLow, row.shownHigh);
  return spread ? GB.t("range {spread}", { spread }) : "";
};

GB.coverChart = function (rows) {
  const known = rows.filter((row) => row.percent !== null && row.percent !== 0)
    .sort((a, b) => GB.data.cover_classes.indexOf(a.category) - GB.data.cover_classes.indexOf(b.category));
  if (!known.length) return null;
  const size = (row) => (typeof row.percent === "number" ? row.percent : 0.5);
  const whole = known.reduce((sum, row) => sum + size(row), 0);
  let at = 0;
  const bars = known.map((row) => {
    const width = (200 * size(row)) / whole, x = at, style = GB.data.styles.layers.cover[row.category] || {};
    at += width;
    return GB.h("rect", { x, y: 0, width, height: 14, fill: style.fill || "#888888", stroke: "#ffffff", "stroke-width": 0.6 });
  });
  const rowsOut = known.map((row) => GB.h("li", {}, GB.swatch((GB.data.styles.layers.cover || {})[row.category] || {}),
    GB.h("span", {}, GB.classLabel("cover", row.category)), GB.h("b", {}, GB.share(row.percent)),
    GB.h("small", {}, GB.unit(row.shown, row.unit))));
  return GB.h("div", { class: "cover" },
    GB.h("svg", { viewBox: "0 0 200 14", preserveAspectRatio: "none", role: "img", "aria-label": GB.t("Land cover") }, bars),
    GB.h("ul", {}, rowsOut));
};

GB.zoneCard = function (zone, open) {
  const rows = GB.rowsOf(zone[0]), of = (measure) => rows.filter((row) => row.measure === measure);
  const people = of("people"), all = people.find((row) => row.category === "total"), facts = [];
  const area = of("area")[0];
  facts.push(...GB.fact(GB.t("Area"), GB.unit(zone[6], "km²"), area ? GB.spreadText(area) : ""));
  if (all) facts.push(...GB.fact(GB.t("People"), GB.number(all.shown), GB.spreadText(all)));
  for (const row of people) {
    if (row.category !== "total") facts.push(...GB.fact(GB.t(GB.data.labels.ages[row.category] || row.category), GB.number(row.shown), GB.spreadText(row)));
  }
  for (const measure of [...new Set(rows.map((row) => row.measure))]) {
    if (["people", "cover_area", "area"].includes(measure)) continue;
    for (const row of of(measure)) {
      const name = measure === "facilities" ? GB.classLabel("facilities", row.category)
        : GB.t(GB.data.labels.measures[measure] || measure) + (row.category && !["total", "all"].includes(row.category) && measure !== "settlements" ? `, ${GB.classLabel("frontier", row.category)}` : "");
      facts.push(...GB.fact(name, GB.unit(row.shown, row.unit), GB.spreadText(row)));
    }
  }
  const hypothetical = zone[1] === "strip"
    ? GB.h("p", { class: "warn" }, GB.t("Hypothetical: one uniform depth along the whole segment, drawn only to count what lies inside.")) : null;
  return GB.h("details", { class: "card", open: open || false, "data-zone": zone[0] },
    GB.h("summary", {}, GB.zoneName(zone)),
    hypothetical, GB.h("dl", {}, facts),
    rows.some((row) => (row.note || "").startsWith("indicative")) ? GB.h("p", { class: "quiet" }, GB.t("Indicative only: from zones narrower than the data's pixel.")) : null,
    GB.coverChart(of("cover_area")) || GB.h("p", { class: "quiet" }, GB.t("Land cover is not known here: the zone holds too few of the data's pixels.")), GB.sureness(rows));
};

// Where the figures of some rows come from, of what year, and how sure they are.
GB.sureness = function (rows) {
  const seen = new Map();
  for (const row of rows) {
    const key = `${row.measure}|${row.dataset}`;
    if (!seen.has(key)) seen.set(key, { measure: row.measure, dataset: row.dataset, vintage: row.vintage, from: new Set(), notes: new Set() });
    if (row.from) seen.get(key).from.add(row.from);
    if (row.note) seen.get(key).notes.add(row.note);
  }
  if (!seen.size) return GB.h("p", { class: "quiet" }, GB.t("No figures for this place."));
  const items = [...seen.values()].map((entry) => {
    const source = GB.data.sources.find((s) => s.dataset === entry.dataset);
    return GB.h("li", {}, GB.h("b", {}, GB.t(GB.data.labels.measures[entry.measure] || entry.measure)), ": ",
      source ? source.title : entry.dataset, `, ${entry.vintage}. `,
      entry.from.size ? GB.t("Range is the spread over: {what} (not a confidence interval).", { what: [...entry.from].join("; ") }) : "",
      [...entry.notes].map((note) => GB.h("span", { lang: "en" }, ` ${note}.`.replace(/\.\.$/, "."))));
  });
  return GB.h("details", { class: "sure" }, GB.h("summary", {}, GB.t("Source, year and how sure")), GB.h("ul", {}, items));
};

GB.placeCard = function (name, i) {
  const p = GB.placesOf(name), facts = [];
  const kind = name === "facilities" ? GB.classLabel("facilities", p.kind[i]) : GB.t("Settlement");
  facts.push(...GB.fact(GB.t("Kind"), kind, p.degurba[i] === null ? "" : GB.t(GB.data.labels.degurba[p.degurba[i]] || "")));
  facts.push(...GB.fact(GB.t("People"), GB.number(p.people[i])));
  facts.push(...GB.fact(GB.t("Distance to the frontier"), GB.km(p.km[i]), GB.segmentName(p.segment[i])));
  const other = p.name_en[i] && p.name_en[i] !== p.name[i] ? GB.h("p", { class: "quiet" }, p.name_en[i]) : null;
  return GB.h("section", { class: "card place" }, GB.h("h3", {}, p.name[i] || kind), other, GB.h("dl", {}, facts),
    GB.h("p", { class: "quiet" }, GB.t("Source: {source}", { source: (GB.data.sources.find((s) => s.dataset === p.sources[p.source[i]]) || {}).title || p.sources[p.source[i]] })));
};

GB.segmentCard = function (segment) {
  const found = GB.data.segments.find((s) => s.segment === segment);
  if (!found) return null;
  const total = GB.data.story[segment] || { media: {}, within: [] }, facts = [];
  facts.push(...GB.fact(GB.t("Measured length"), GB.km(found.length)));
  for (const [medium, km] of Object.entries(total.media)) facts.push(...GB.fact(GB.classLabel("frontier", medium), GB.km(km)));
  if (found.sea) facts.push(...GB.fact(GB.t("At sea and in lagoons, not measured from"), GB.km(found.sea)));
  facts.push(...GB.fact(GB.t("Official length"), GB.km(found.official), found.official_source || ""));
  for (const band of total.within) {
    if (band.people) facts.push(...GB.fact(GB.t("People within {distance}", { distance: GB.metres(band.to_m) }), GB.number(band.people[0]), GB.spreadText({ shownLow: band.people[1], shownHigh: band.people[2] })));
  }
  return GB.h("section", { class: "card", "data-segment": segment }, GB.h("h3", {}, GB.t("Frontier: {segment}", { segment: GB.segmentName(segment) })),
    GB.h("dl", {}, facts), found.note ? GB.h("p", { class: "quiet" }, found.note) : null,
    GB.sureness(GB.rowsOf(`segment|${segment}`)));
};

GB.classCard = function (layer, feature) {
  return GB.h("section", { class: "card" }, GB.h("h3", {}, `${GB.label(layer)}: ${GB.classLabel(layer, feature.c)}`),
    GB.h("p", { class: "quiet" }, GB.t("The whole of this class along {segment}:", { segment: GB.segmentName(feature.s) })),
    GB.h("dl", {}, GB.fact(GB.t("Area"), GB.unit(feature.a, "km²")), GB.fact(GB.t("People"), GB.number(feature.p))));
};

// What stands at a place: the nearest named thing first, then the zones that hold it.
GB.lookUp = function (latlng, pixel) {
  const p = GB.toPlane(latlng), cards = [], layers = GB.data.geometry.layers;
  const place = pixel && GB.placeAt(GB.painter, pixel);
  const near = GB.nearestFrontier(latlng);
  const head = [GB.h("p", { class: "quiet" }, `${latlng.lat.toFixed(4)}, ${L.Util.wrapNum(latlng.lng, [-180, 180], true).toFixed(4)}`)];
  if (near) head.push(GB.h("p", {}, GB.t("{distance} to the frontier ({segment})", { distance: GB.away(near.metres), segment: GB.segmentName(near.segment) })));
  if (place) cards.push(GB.placeCard(place.name, place.i));
  const pxPerM = GB.painter.lastFrame.s / GB.metresPerUnit(latlng.lat).north;
  if (near && pixel && near.metres * pxPerM < 8) cards.push(GB.segmentCard(near.segment));
  let picked = null;
  for (const name of ["bands", "corridor", "strips", "admin"]) {
    const held = (layers[name] || []).filter((feature) => GB.holds(feature, p.x, p.y));
    if (name === "strips" && !GB.painter.shown.has("strips")) continue;
    held.sort((a, b) => GB.data.zones[a.z][5] - GB.data.zones[b.z][5]);
    for (const feature of held) {
      picked = picked || feature;
      cards.push(GB.zoneCard(GB.data.zones[feature.z], cards.length < 2));
    }
  }
  for (const name of ["civilian_exposure", "populated", "forested"]) {
    if (!GB.painter.shown.has(name)) continue;
    const feature = (layers[name] || []).find((f) => GB.holds(f, p.x, p.y));
    if (feature) cards.push(GB.classCard(name, feature));
  }
  if (!cards.length) cards.push(GB.h("p", {}, GB.t("Nothing is counted here: the place is outside the zones of this study.")));
  GB.selected = { latlng, feature: picked };
  return [...head, ...cards];
};

GB.away = function (metres) {
  const km = metres / 1000;
  return km < 0.05 ? GB.t("under {n}", { n: `${GB.plain(0.1)}\u00a0${GB.t("km")}` }) : `${GB.plain(km < 10 ? Math.round(km * 10) / 10 : Math.round(km))}\u00a0${GB.t("km")}`;
};
