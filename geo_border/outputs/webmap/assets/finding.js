// Finding: names in any spelling or alphabet, the place in the address, the table of every figure.
"use strict";
GB.CYRILLIC = { а: "a", б: "b", в: "v", г: "g", ґ: "g", д: "d", е: "e", ё: "e", є: "ie", ж: "z", з: "z", и: "i", і: "i", ї: "i", й: "j", к: "k", л: "l", м: "m", н: "n", о: "o", п: "p", р: "r", с: "s", т: "t", у: "u", ў: "u", ф: "f", х: "h", ц: "c", ч: "c", ш: "s", щ: "sc", ъ: "", ы: "i", ь: "", э: "e", ю: "ju", я: "ja" };
GB.LETTERS = { ł: "l", đ: "d", ø: "o", æ: "ae", ß: "ss", ı: "i", þ: "th", ð: "d", œ: "oe" };

// One plain form for Suwalki, Suwałki and Сувалки: letters without marks, then sounds that alphabets write differently made alike.
GB.plainName = function (text) {
  const bare = text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const latin = bare.replace(/[^\u0000-\u007f]/g, (c) => (c in GB.CYRILLIC ? GB.CYRILLIC[c] : c in GB.LETTERS ? GB.LETTERS[c] : c));
  return latin.replace(/[^a-z0-9\p{L}]+/gu, " ").trim()
    .replace(/w/g, "v").replace(/sz|sh/g, "s").replace(/kh/g, "h").replace(/cz|ch/g, "c").replace(/zh|rz/g, "z").replace(/ts|tz/g, "c")
    .replace(/[yj]/g, "i").replace(/ii+/g, "i").replace(/x/g, "ks").replace(/(.)\1/g, "$1");
};

GB.search = function (query) {
  const wanted = GB.plainName(query);
  if (wanted.length < 2) return [];
  const p = GB.placesOf("settlements");
  if (!p.plain) p.plain = p.name.map((name, i) => [GB.plainName(name || ""), GB.plainName(p.name_en[i] || "")]);
  const found = [];
  for (const i of p.order) {
    const ranks = p.plain[i].map((name) => (name === wanted ? 0 : name.startsWith(wanted) ? 1 : name.includes(` ${wanted}`) ? 2
      : name.includes(wanted) ? 3 : GB.close(name, wanted) ? 4 : 9));
    if (Math.min(...ranks) < 9) found.push([Math.min(...ranks), i]);
  }
  return found.sort((a, b) => a[0] - b[0]).slice(0, 8).map((pair) => pair[1]);
};

// Whether two plain names are one slip apart, or two in a long name.
GB.close = function (a, b) {
  const most = b.length >= 8 ? 2 : b.length >= 5 ? 1 : 0;
  if (!most || Math.abs(a.length - b.length) > most) return false;
  let before = Array.from({ length: b.length + 1 }, (_, i) => i), earlier = null;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row[j] = Math.min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    // Two letters changed about are one slip.
    for (let j = 2; earlier && j <= b.length; j++) if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], earlier[j - 2] + 1);
    earlier = before;
    before = row;
  }
  return before[b.length] <= most;
};

GB.setUpSearch = function () {
  const box = document.getElementById("search"), list = document.getElementById("found");
  let at = -1;
  const close = () => { list.replaceChildren(); list.hidden = true; box.setAttribute("aria-expanded", "false"); box.removeAttribute("aria-activedescendant"); at = -1; };
  const go = (i) => { close(); box.value = GB.data.settlements.name[i]; GB.goToPlace(i); };
  const mark = (to) => {
    const options = [...list.querySelectorAll('[role="option"][data-i]')];
    if (!options.length) return;
    at = (to + options.length) % options.length;
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    box.setAttribute("aria-activedescendant", options[at].id);
    options[at].scrollIntoView({ block: "nearest" });
  };
  box.addEventListener("input", () => {
    const p = GB.placesOf("settlements"), found = GB.search(box.value);
    list.replaceChildren(...found.map((i) => GB.h("li", { role: "option", id: `found-${i}`, "data-i": i, "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); go(i); } },
      GB.h("b", {}, p.name[i]), ` ${GB.segmentName(p.segment[i])}, ${GB.km(p.km[i])}`)));
    const tooShort = GB.plainName(box.value).length < 2;
    if (!found.length && !tooShort) list.append(GB.h("li", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, GB.t("No settlement of that name in this study")));
    list.hidden = tooShort;
    box.setAttribute("aria-expanded", String(!list.hidden));
    at = -1;
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { mark(at + 1); event.preventDefault(); }
    else if (event.key === "ArrowUp") { mark(at - 1); event.preventDefault(); }
    else if (event.key === "Escape") close();
    else if (event.key === "Enter") {
      const options = list.querySelectorAll("[data-i]"), option = options[Math.max(at, 0)];
      if (option) go(Number(option.dataset.i));
    }
  });
  box.addEventListener("blur", () => setTimeout(close, 150));
};

GB.goToPlace = function (i) {
  const at = GB.data.settlements.at, latlng = GB.toLatLng(at[2 * i], at[2 * i + 1]);
  GB.map.setView(latlng, Math.max(GB.map.getZoom(), 11), { animate: !GB.calm() });
  GB.select(latlng, null, [GB.placeCard("settlements", i)]);
};

GB.calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

// #zoom/lat/lon/language/layers+layers: enough to come back to the same view.
GB.writeHash = function () {
  const c = GB.map.getCenter(), pin = GB.selected && GB.selected.latlng;
  const parts = [GB.map.getZoom(), c.lat.toFixed(4), c.lng.toFixed(4), GB.lang, [...GB.painter.shown].sort().join("+")];
  if (pin) parts.push(`${pin.lat.toFixed(5)},${pin.lng.toFixed(5)}`);
  history.replaceState(null, "", `#${parts.join("/")}`);
};
GB.readHash = function () {
  const [zoom, lat, lon, lang, layers, pin] = decodeURIComponent(location.hash.slice(1)).split("/");
  const view = [zoom, lat, lon].map(Number), out = {};
  if (lon !== undefined && view.every(Number.isFinite)) out.view = view;
  if (lang in GB.languages) out.lang = lang;
  if (layers) out.layers = layers.split("+");
  const point = (pin || "").split(",").map(Number);
  if (point.length === 2 && point.every(Number.isFinite)) out.pin = L.latLng(point[0], point[1]);
  return out;
};
