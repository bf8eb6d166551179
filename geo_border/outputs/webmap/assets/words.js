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

GB.plain = function (value, decimals = 3) {
  const { group, decimal } = GB.languages[GB.lang], scale = 10 ** decimals;
  const [whole, part] = String(Math.abs(Math.round(value * scale) / scale)).split(".");
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
// A rounded figure of the table without its unit; a share is a percentage.
GB.figure = (shown, unit) => (unit === "share" ? GB.share(shown) : GB.number(shown));
GB.spread = (low, high, unit) => (low === null || low === undefined || high === null || high === undefined || low === high ? ""
  : `${GB.figure(low, unit)}–${GB.figure(high, unit)}`);
// Units that the name of a measure says already are not written again.
GB.unit = (shown, unit) => {
  const n = GB.figure(shown, unit);
  return shown === null || ["count", "persons", "persons/km²", "share"].includes(unit) ? n : `${n}\u00a0${GB.t(unit)}`;
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
  return found ? `${GB.countryName(found.country)} – ${found.facing ? GB.countryName(found.facing) : GB.t("own line")}` : segment;
};
GB.zoneName = function (zone) {
  const { zone_kind: kind, segment, country, from_m: from, to_m: to, place_name: place } = zone;
  const where = segment ? GB.segmentName(segment) : country ? GB.countryName(country) : GB.t("Whole frontier");
  const found = GB.data.segments.find((s) => s.segment === segment);
  // Land nearest to one country's frontier may be another's.
  const other = found && found.country !== country ? ` (${GB.countryName(country)})` : "";
  const within = (name) => GB.t("{where}: within {distance} of the line", { where: name, distance: GB.metres(to) });
  if (kind === "segment") return where;
  if (kind === "band") return GB.t("{where}: {range} from the line", { where, range: GB.range(from, to) }) + other;
  if (kind === "strip") return GB.t("{where}: hypothetical strip, {depth} deep", { where, depth: GB.metres(to) }) + other;
  if (kind === "within") return within(where);
  if (kind === "corridor" && place) return country ? GB.t("{name} corridor, {country}", { name: place, country: GB.countryName(country) }) : GB.t("{name} corridor, whole", { name: place });
  if (kind === "country") return GB.t("{where}: whole country", { where });
  if (kind === "admin" && place) {
    const unit = `${place} (${zone.place_id})`;
    return segment ? `${unit}: ${where}` : zone.part_of ? `${unit}: ${GB.range(from, to)}` : within(unit);
  }
  return zone.zone_name;
};
