// Figures: what the table says of a zone, as cards with people, land cover, places, source and how sure.
"use strict";
GB.fact = (term, value, detail) => [GB.h("dt", {}, term), GB.h("dd", {}, value, detail ? GB.h("small", {}, ` ${detail}`) : null)];

// Why a figure is not shown, wherever it would stand.
GB.few = () => GB.t("Not shown: fewer than {n} of the data's pixels.", { n: GB.plain(GB.data.least_pixels) });
GB.spreadText = (low, high, unit) => {
  const spread = GB.spread(low, high, unit);
  return spread ? GB.t("range {spread}", { spread }) : "";
};
GB.rowFact = (term, row) => GB.fact(term, GB.unit(row.shown, row.unit), row.withheld ? GB.few() : GB.spreadText(row.shown_low, row.shown_high, row.unit));

// What the percentages of cover classes are shares of: pairs of class and basis.
GB.basisText = function (pairs) {
  const classes = new Map();
  for (const [cls, basis] of pairs) classes.set(basis, [...(classes.get(basis) || []), GB.classLabel("cover", cls)]);
  const bases = [...classes].map(([basis, names]) => `${GB.t(basis)} (${names.join(", ")})`).join("; ");
  return classes.size ? GB.h("p", { class: "quiet" }, GB.t("Percentages are shares of: {bases}.", { bases })) : null;
};

// Bars are areas, percentages are the rows of shares: each number is one row of the table.
GB.coverChart = function (areas, shares) {
  const known = areas.filter((row) => row.shown !== null && row.shown !== 0)
    .sort((a, b) => GB.data.cover_classes.indexOf(a.category) - GB.data.cover_classes.indexOf(b.category));
  if (!known.length) {
    const reason = areas.some((row) => row.withheld) ? GB.few() : GB.nowhere();
    return GB.h("dl", {}, GB.fact(GB.t("Land cover"), "–", reason));
  }
  const share = new Map(shares.map((row) => [row.category, row]));
  const size = (row) => (typeof row.shown === "number" ? row.shown : 0.05);
  const whole = known.reduce((sum, row) => sum + size(row), 0);
  let at = 0;
  const bars = known.map((row) => {
    const width = (200 * size(row)) / whole, x = at, style = GB.data.styles.layers.cover[row.category] || {};
    at += width;
    return GB.h("rect", { x, y: 0, width, height: 14, fill: style.fill || "#888888", stroke: "#ffffff", "stroke-width": 0.6 });
  });
  const rowsOut = known.map((row) => GB.h("li", {}, GB.swatch((GB.data.styles.layers.cover || {})[row.category] || {}),
    GB.h("span", {}, GB.classLabel("cover", row.category)),
    GB.h("b", {}, share.has(row.category) ? GB.share(share.get(row.category).shown) : ""),
    GB.h("small", {}, GB.unit(row.shown, row.unit))));
  return GB.h("div", { class: "cover" },
    GB.h("svg", { viewBox: "0 0 200 14", preserveAspectRatio: "none", role: "img", "aria-label": GB.t("Land cover") }, bars),
    GB.h("ul", {}, rowsOut),
    GB.basisText(known.filter((row) => share.has(row.category)).map((row) => [row.category, share.get(row.category).basis])));
};

GB.zoneCard = function (zone, open) {
  const rows = GB.rowsOf(zone), of = (measure) => rows.filter((row) => row.measure === measure), facts = [];
  // Area and people first; the rest in the order of the table.
  const first = ["area", "people"], charted = ["cover_area", "cover_share"];
  const measures = [...new Set([...first, ...rows.map((row) => row.measure)])].filter((measure) => !charted.includes(measure));
  for (const measure of measures) for (const row of of(measure)) {
    const name = GB.t(GB.data.labels.measures[measure] || measure), kind = row.category === "total" ? null : row.category;
    const term = !kind ? name : measure === "people" || measure === "facilities" ? GB.category(measure, kind) : `${name}, ${GB.category(measure, kind)}`;
    facts.push(...GB.rowFact(term, row));
  }
  const hypothetical = zone.zone_kind === "strip"
    ? GB.h("p", { class: "warn" }, GB.t("Hypothetical: one uniform depth along the whole segment, drawn only to count what lies inside.")) : null;
  return GB.h("details", { class: "card", open: open || false, "data-zone": zone.zone_id },
    GB.h("summary", {}, GB.zoneName(zone)),
    hypothetical, GB.h("dl", {}, facts),
    rows.some((row) => !row.withheld && (row.note || "").startsWith("indicative")) ? GB.h("p", { class: "quiet" }, GB.t("Indicative only: from zones narrower than the data's pixel.")) : null,
    GB.coverChart(of("cover_area"), of("cover_share")), GB.sureness(rows));
};

// Where the figures of some rows come from, of what year, and how sure they are.
GB.sureness = function (rows) {
  const seen = new Map();
  for (const row of rows) {
    const key = `${row.measure} ${row.dataset}`;
    if (!seen.has(key)) seen.set(key, { measure: row.measure, dataset: row.dataset, vintage: row.vintage, from: new Set(), notes: new Set() });
    if (row.range_from) seen.get(key).from.add(row.range_from);
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
  if (p.region[i] !== null) facts.push(...GB.fact(GB.t("Region"), p.regions[p.region[i]]));
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
    const term = GB.t("People within {distance}", { distance: GB.metres(band.to_m) });
    if (band.people) facts.push(...GB.fact(term, GB.number(band.people[0]), GB.spreadText(band.people[1], band.people[2])));
    else if (band.withheld.includes("people")) facts.push(...GB.fact(term, "–", GB.few()));
  }
  return GB.h("section", { class: "card", "data-segment": segment }, GB.h("h3", {}, GB.t("Frontier: {segment}", { segment: GB.segmentName(segment) })),
    GB.h("dl", {}, facts), found.note ? GB.h("p", { class: "quiet" }, found.note) : null,
    GB.sureness(GB.rowsOf(GB.zones.find((zone) => zone.zone_kind === "segment" && zone.segment === segment))));
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
  for (const name of ["own", "bands", "corridor", "strips", "admin"]) {
    const held = (layers[name] || []).filter((feature) => GB.holds(feature, p.x, p.y));
    if (name === "strips" && !GB.painter.shown.has("strips")) continue;
    held.sort((a, b) => GB.zones[a.z].to_m - GB.zones[b.z].to_m);
    for (const feature of held) {
      picked = picked || feature;
      cards.push(GB.zoneCard(GB.zones[feature.z], cards.length < 2));
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
