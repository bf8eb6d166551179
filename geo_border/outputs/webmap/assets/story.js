// The article's questions in order, each with its figures; two segments or countries side by side; sources.
"use strict";
GB.nowhere = () => GB.t("not known from this run's data");
// A star: from zones narrower than the data's pixel. A dagger: too few pixels to show. Their sentences stand under the table.
GB.marked = (tally, measure, shown, text) => (shown === undefined || shown === null ? (tally.withheld.includes(measure) ? "–†" : text)
  : tally.indicative.includes(measure) ? `${text}*` : text);
GB.footnotes = function (tallies, measures) {
  const any = (key) => tallies.some((tally) => measures.some((measure) => tally[key].includes(measure)));
  return [any("indicative") ? GB.h("p", { class: "quiet" }, `* ${GB.t("Indicative only: from zones narrower than the data's pixel.")}`) : null,
    any("withheld") ? GB.h("p", { class: "quiet" }, `† ${GB.few()}`) : null];
};
GB.coverOf = (tally, cls) => GB.marked(tally, "cover_share", tally.cover[cls], GB.share(tally.cover[cls]));
GB.peopleOf = (tally) => GB.marked(tally, "people", tally.people, GB.people(tally.people));
GB.people = (people) => (people ? GB.number(people[0]) + (GB.spread(people[1], people[2]) ? ` (${GB.spread(people[1], people[2])})` : "") : GB.nowhere());

// Cover classes that the story quotes.
GB.QUOTED_COVER = ["tree", "crop", "grass", "water", "wetland", "built"];
GB.quotedBasis = (classes = GB.QUOTED_COVER) => GB.basisText(classes.filter((cls) => cls in GB.data.story.basis).map((cls) => [cls, GB.data.story.basis[cls]]));

GB.grid = function (caption, heads, rows) {
  return GB.h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    GB.h("table", {}, GB.h("caption", {}, caption),
      GB.h("thead", {}, GB.h("tr", {}, heads.map((head) => GB.h("th", { scope: "col" }, head)))),
      GB.h("tbody", {}, rows.map((row) => GB.h("tr", {}, row.map((cell, i) => GB.h(i ? "td" : "th", i ? {} : { scope: "row" }, cell)))))));
};

// Each segment's land within 10 km beside its whole country, and what the figures of either are of.
GB.comparison = function () {
  const rows = GB.data.story.comparison, withheld = rows.some((c) => c.near.withheld || c.whole.withheld);
  const write = (side, key, put) => (side[key] === null && side.withheld ? "–†" : put(side[key]));
  const density = [GB.t("People per km²"), GB.t("People per km², country")];
  const bases = ["near", "whole"].map((side, i) => [density[i], [...new Set(rows.map((c) => c[side].density_basis).filter(Boolean))]]).filter(([, found]) => found.length);
  const quiet = (text) => GB.h("p", { class: "quiet" }, text);
  return [
    GB.grid(GB.t("Within 10 km of the line, beside the whole country"), [GB.t("Segment"), GB.t("Trees"), GB.t("Trees, country"), ...density],
      rows.map((c) => [GB.segmentName(c.segment), ...["tree", "people_per_km2"].flatMap((key) => ["near", "whole"].map((side) => write(c[side], key, key === "tree" ? GB.share : GB.number)))])),
    withheld ? quiet(`† ${GB.few()}`) : null,
    rows.some((c) => c.near.tree !== null && c.whole.tree === null) ? quiet(GB.t("Trees of whole countries are not known: the data are read near the frontier only, and no total of a whole country ships with them.")) : null,
    bases.length ? quiet(bases.map(([name, found]) => `${name}: ${found.map((basis) => GB.t(basis)).join(", ")}.`).join(" ")) : null,
  ];
};

GB.story = function () {
  const all = GB.data.story.all, parts = [], ask = (question, ...answer) => parts.push(GB.h("section", { class: "story" }, GB.h("h3", {}, question), answer));
  const within = (band) => GB.t("Within {distance}", { distance: GB.metres(band.to_m) });
  ask(GB.t("How long is the frontier, and what does it run through?"),
    GB.h("p", {}, GB.t("Measured from open map data, {length} in all (land and inland water; sea not counted).", { length: GB.km(all.length) })),
    GB.grid(GB.t("Length by segment"), [GB.t("Segment"), GB.t("Measured length"), GB.t("Official length")],
      GB.data.segments.map((s) => [GB.segmentName(s.segment), GB.km(s.length), GB.km(s.official)])),
    GB.h("p", {}, Object.entries(all.media).map(([medium, km]) => `${GB.classLabel("frontier", medium)}: ${GB.km(km)}. `)));
  ask(GB.t("What covers the land beside it?"),
    // Names of classes are long in some languages: they head the rows.
    GB.grid(GB.t("Land cover by distance"), [GB.t("Class"), ...all.within.map(within)],
      GB.QUOTED_COVER.map((cls) => [GB.classLabel("cover", cls), ...all.within.map((band) => GB.coverOf(band, cls))])),
    GB.footnotes(all.within, ["cover_share"]), GB.quotedBasis(),
    GB.h("p", { class: "quiet" }, GB.t("Tree cover is what the data's own definition of trees says; it is not the same as forest in an inventory.")));
  if (GB.data.story.comparison.length) ask(GB.t("Is it densely forested and thinly settled?"), GB.comparison());
  ask(GB.t("How many people live near it?"),
    GB.grid(GB.t("People by distance"), [GB.t("Distance"), GB.t("People (range)"), GB.t("Settlements")],
      all.within.map((band) => [within(band), GB.peopleOf(band), GB.number(band.settlements)])), GB.footnotes(all.within, ["people"]),
    GB.h("p", { class: "quiet" }, GB.t("Residents, rounded. The range is the spread over datasets and stated choices, not a confidence interval.")));
  const facilities = [...new Set(all.within.flatMap((band) => Object.keys(band.facilities)))];
  ask(GB.t("Which schools, hospitals and care homes?"), facilities.length
    ? GB.grid(GB.t("Facilities by distance"), [GB.t("Distance"), ...facilities.map((kind) => GB.classLabel("facilities", kind))],
      all.within.map((band) => [within(band), ...facilities.map((kind) => GB.number(band.facilities[kind]))]))
    : GB.h("p", {}, GB.t("This run had no data on facilities; none are counted.")));
  for (const corridor of GB.data.story.corridor) {
    ask(GB.t("What is the {name} corridor?", { name: corridor.name }),
      GB.h("p", {}, GB.t("Land between two facing territories: {area}, {people} people. No official outline exists; this one is computed (k = {k}).",
        { area: GB.unit(corridor.area, "km²"), people: GB.peopleOf(corridor), k: GB.plain(corridor.k) })), GB.footnotes([corridor], ["people"]),
      GB.h("ul", {}, corridor.axis.map((line) => GB.h("li", {}, `${line.name}: ${GB.km(line.length)}`))));
  }
  const own = GB.data.story.own;
  if (own.length) ask(GB.t("Own areas"),
    GB.h("p", {}, GB.aboutLayer("own")),
    GB.grid(GB.t("Own areas"), [GB.t("Own area"), GB.t("Area"), GB.t("People (range)"), ...["tree", "crop", "grass"].map((cls) => GB.classLabel("cover", cls)), GB.t("Settlements")],
      own.map((area) => [area.name, GB.unit(area.area, "km²"), GB.peopleOf(area), ...["tree", "crop", "grass"].map((cls) => GB.coverOf(area, cls)), GB.number(area.settlements)])),
    GB.footnotes(own, ["people", "cover_share"]));
  if (all.strips.length) ask(GB.t("What would lie inside a closed strip?"),
    GB.h("p", { class: "warn" }, GB.t("Hypothetical: one uniform depth along the whole segment, drawn only to count what lies inside.")),
    GB.grid(GB.t("Hypothetical strips"), [GB.t("Depth"), GB.t("Area"), GB.t("People (range)"), ...["tree", "crop", "grass"].map((cls) => GB.classLabel("cover", cls))],
      all.strips.map((s) => [GB.metres(s.to_m), GB.unit(s.area, "km²"), GB.peopleOf(s), ...["tree", "crop", "grass"].map((cls) => GB.coverOf(s, cls))])),
    GB.footnotes(all.strips, ["people", "cover_share"]));
  ask(GB.t("How sure is this?"), GB.h("ul", {}, GB.data.notes.map((note) => GB.h("li", { lang: "en" }, note))),
    GB.h("p", {}, GB.t("Every figure with its source, year and range is in the table of this page.")));
  return parts;
};

GB.compare = function () {
  const names = [...GB.data.segments.map((s) => [s.segment, GB.segmentName(s.segment)]),
    ...[...new Set(GB.data.segments.map((s) => s.country))].map((c) => [c, GB.countryName(c)])];
  GB.compared = GB.compared || [names[0] && names[0][0], names[Math.min(1, names.length - 1)] && names[Math.min(1, names.length - 1)][0]];
  const select = (at) => GB.h("label", {}, at ? GB.t("Second") : GB.t("First"), GB.h("select", { id: `compare-${at}`, onchange: (event) => {
    GB.compared[at] = event.target.value;
    GB.show("compare");
    document.getElementById(`compare-${at}`).focus();
  } }, names.map(([value, text]) => GB.h("option", { value, selected: GB.compared[at] === value }, text))));
  const [a, b] = GB.compared.map((key) => GB.data.story[key]);
  if (!a || !b) return [GB.h("p", {}, GB.nowhere())];
  const rows = [[GB.t("Frontier length"), GB.km(a.length), GB.km(b.length)]];
  a.within.forEach((band, i) => {
    const other = b.within[i], d = { distance: GB.metres(band.to_m) };
    rows.push([GB.t("People within {distance}", d), GB.peopleOf(band), GB.peopleOf(other)]);
    rows.push([GB.t("Trees within {distance}", d), GB.coverOf(band, "tree"), GB.coverOf(other, "tree")]);
    rows.push([GB.t("Crops within {distance}", d), GB.coverOf(band, "crop"), GB.coverOf(other, "crop")]);
    rows.push([GB.t("Grass within {distance}", d), GB.coverOf(band, "grass"), GB.coverOf(other, "grass")]);
    rows.push([GB.t("Settlements within {distance}", d), GB.number(band.settlements), GB.number(other.settlements)]);
  });
  const title = (key) => (names.find((n) => n[0] === key) || [])[1];
  return [GB.h("p", { class: "quiet" }, GB.t("Two pieces side by side; the order says nothing.")), GB.h("div", { class: "pair" }, select(0), select(1)),
    GB.grid(GB.t("Comparison"), ["", title(GB.compared[0]), title(GB.compared[1])], rows), GB.footnotes([...a.within, ...b.within], ["people", "cover_share"]), GB.quotedBasis(["tree", "crop", "grass"])].flat();
};

GB.about = function () {
  const link = (url, text) => (/^https?:\/\//.test(url || "") ? GB.h("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, text) : text);
  return [
    GB.h("h3", {}, GB.t("What this is, and is not")), GB.h("p", {}, GB.t(GB.data.disclaimer)),
    GB.languages[GB.lang].reviewed ? null : GB.h("p", { class: "warn" }, GB.t("No native reader has reviewed this language yet. Where in doubt, the English text holds.")),
    // No link: the page is drawn before the report, and may not ask whether it is there.
    GB.h("p", {}, GB.t("A report with a sheet for each segment and country lies beside this page, as {file}, once {command} has made it.",
      { file: GB.lang === "en" ? "report.html" : `report.${GB.lang}.html`, command: `geo-border report ${GB.data.study.name}` })),
    GB.h("h3", {}, GB.t("Sources")),
    GB.h("ul", { class: "sources" }, GB.data.sources.map((s) => GB.h("li", {}, link(s.homepage, s.title), ` (${s.publisher}, ${s.vintage}). `,
      link(s.licence_url, s.licence), ". ", s.attribution))),
    GB.h("h3", {}, GB.t("Mine-ban treaty")),
    GB.h("ul", {}, Object.entries(GB.data.treaty).filter(([, c]) => c.status).map(([code, c]) => GB.h("li", {}, `${GB.countryName(code)}: ${GB.classLabel("countries", c.status)}`,
      c.effective ? `, ${GB.t("in effect from {date}", { date: c.effective })}` : "", c.source ? GB.h("small", {}, " ", link(c.url, c.source)) : null))),
    GB.h("p", { class: "quiet" }, `geo_border ${GB.data.version}. Leaflet (BSD-2-Clause).`),
  ];
};
