// Words and numbers in the reader's language; the same texts and formats as the Python side, from the same catalogues.
"use strict";
GB.t = function (message, values) {
  const found = GB.languages[GB.lang].messages[message];
  const text = found === undefined ? message : Array.isArray(found) ? found[0] : found;
  return GB.fill(text, values);
};
// Marks a text for the catalogues where it is translated later.
GB.mark = (message) => message;
GB.tn = function (one, many, n) {
  const found = GB.languages[GB.lang].messages[one];
  const forms = Array.isArray(found) ? found : [one, many];
  return GB.fill(forms[Number(GB.plural[GB.lang](n))], { n: GB.number(n) });
};
GB.fill = (text, values) => (values ? text.replace(/\{(\w+)\}/g, (all, key) => (key in values ? values[key] : all)) : text);

GB.plain = function (value) {
  const { group, decimal } = GB.languages[GB.lang];
  const [whole, part] = String(Math.abs(Math.round(value * 1000) / 1000)).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, group);
  return (value < 0 ? "-" : "") + grouped + (part ? decimal + part : "");
};
// A figure is a number, "<n" for a trace, or null for unknown.
GB.number = function (shown) {
  if (shown === null || shown === undefined) return "–";
  return typeof shown === "string" ? GB.t("under {n}", { n: GB.plain(Number(shown.slice(1))) }) : GB.plain(shown);
};
GB.share = function (shown) {
  if (shown === null || shown === undefined) return "–";
  const write = (n) => GB.languages[GB.lang].percent.replace("#", GB.plain(n));
  return typeof shown === "string" ? GB.t("under {n}", { n: write(Number(shown.slice(1))) }) : write(shown);
};
GB.spread = (low, high) => (low === null || low === undefined || high === null || high === undefined || low === high ? ""
  : `${GB.number(low)}–${GB.number(high)}`);
GB.unit = (shown, unit) => {
  const n = GB.number(shown);
  return shown === null || unit === "count" || unit === "persons" ? n : `${n}\u00a0${GB.t(unit)}`;
};
GB.km = (shown) => GB.unit(shown, "km");
GB.label = (layer) => GB.t(GB.data.labels.layers[layer] || layer);
GB.classLabel = (layer, cls) => GB.t((GB.data.labels.classes[layer] || {})[cls] || cls);
GB.metres = (m) => (m < 1000 ? `${GB.plain(m)}\u00a0${GB.t("m")}` : `${GB.plain(m / 1000)}\u00a0${GB.t("km")}`);
GB.range = (from, to) => {
  const big = to >= 1000 && (from === 0 || from >= 1000);
  return big ? `${GB.plain(from / 1000)}–${GB.plain(to / 1000)}\u00a0${GB.t("km")}` : `${GB.plain(from)}–${GB.plain(to)}\u00a0${GB.t("m")}`;
};
GB.countryName = (code) => GB.languages[GB.lang].countries[code] || (GB.data.treaty[code] || {}).name || code;
GB.segmentName = function (segment) {
  const found = GB.data.segments.find((s) => s.segment === segment);
  return found ? `${GB.countryName(found.country)} – ${GB.countryName(found.facing)}` : segment;
};
GB.zoneName = function (zone) {
  const [id, kind, segment, country, from, to] = zone;
  const where = segment ? GB.segmentName(segment) : GB.countryName(country);
  const found = GB.data.segments.find((s) => s.segment === segment);
  // Land nearest to one country's frontier may be another's.
  const other = found && found.country !== country ? ` (${GB.countryName(country)})` : "";
  if (kind === "band") return GB.t("{where}: {range} from the line", { where, range: GB.range(from, to) }) + other;
  if (kind === "strip") return GB.t("{where}: hypothetical strip, {depth} deep", { where, depth: GB.metres(to) }) + other;
  if (kind === "corridor") return GB.t("{name} corridor, {country}", { name: GB.corridorName(id), country: GB.countryName(country) });
  return from === null ? id : `${GB.regionName(id)}: ${GB.range(from, to)}`;
};
GB.corridorName = (id) => (GB.data.story.corridor.find((c) => c.id === id.split("|")[1]) || {}).name || id.split("|")[1];
GB.regionName = (id) => (GB.data.regions || {})[id.split("|")[1]] || id.split("|")[1];
