// The page itself: tabs, language, pointer, address, printing; started once everything above stands.
"use strict";
GB.TABS = {
  story: [GB.mark("Story"), GB.story], layers: [GB.mark("Layers"), GB.layerPanel], place: [GB.mark("Place"), () => GB.placeParts()],
  compare: [GB.mark("Compare"), GB.compare], table: [GB.mark("Table"), GB.table], about: [GB.mark("Sources"), GB.about],
};

GB.placeParts = function () {
  if (!GB.selected) return [GB.h("p", {}, GB.t("Choose a place: click the map, search for a name, or use the arrow keys on the map and press Enter."))];
  return [...(GB.selected.extra || []), ...GB.lookUpAgain()];
};
GB.lookUpAgain = function () {
  const { latlng, pixel, extra } = GB.selected, parts = GB.lookUp(latlng, pixel);
  Object.assign(GB.selected, { pixel, extra });
  return parts;
};

GB.select = function (latlng, pixel, extra) {
  GB.selected = { latlng, pixel, extra };
  GB.pin.setLatLng(latlng).addTo(GB.map);
  GB.show("place");
  GB.painter.repaint();
  GB.writeHash();
};

GB.show = function (tab, quiet) {
  GB.tab = tab;
  for (const name of Object.keys(GB.TABS)) {
    const button = document.getElementById(`tab-${name}`);
    button.setAttribute("aria-selected", String(name === tab));
    button.tabIndex = name === tab ? 0 : -1;
  }
  const body = document.getElementById("panel-body");
  body.setAttribute("aria-labelledby", `tab-${tab}`);
  const top = GB.lastTab === tab ? body.scrollTop : 0;
  body.replaceChildren(...GB.TABS[tab][1]().filter(Boolean));
  body.scrollTop = top;
  GB.lastTab = tab;
  document.body.classList.toggle("wide-panel", tab === "table");
  if (!quiet) GB.openPanel(true);
};

GB.openPanel = function (open) {
  if (document.body.classList.contains("panel-open") !== open) {
    document.body.classList.toggle("panel-open", open);
    GB.map.invalidateSize({ animate: false, pan: false });
  }
  document.getElementById("fold").setAttribute("aria-expanded", String(open));
};

GB.setUpTabs = function () {
  const bar = document.getElementById("tabs"), names = Object.keys(GB.TABS);
  bar.append(...names.map((name, at) => GB.h("button", {
    type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "panel-body", "data-t": GB.TABS[name][0],
    onclick: () => GB.show(name),
    onkeydown: (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = names[(at + step + names.length) % names.length];
      GB.show(next);
      document.getElementById(`tab-${next}`).focus();
    },
  }, GB.TABS[name][0])));
  document.getElementById("fold").addEventListener("click", () => GB.openPanel(!document.body.classList.contains("panel-open")));
};

GB.setLanguage = function (lang) {
  GB.lang = lang;
  document.documentElement.lang = lang;
  document.title = `${GB.t(GB.data.study.title)} – geo_border`;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = GB.t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) {
    const text = GB.t(node.dataset.tLabel);
    node.setAttribute("aria-label", text);
    if (node.tagName === "INPUT") node.placeholder = text; else node.title = text;
  }
  document.getElementById("title").textContent = GB.t(GB.data.study.title);
  document.getElementById("disclaimer").textContent = GB.t(GB.data.disclaimer);
  document.getElementById("review").hidden = GB.languages[lang].reviewed;
  document.getElementById("language").value = lang;
  document.getElementById("credits").textContent = GB.data.credits.join(" · ");
  GB.drawLegend();
  GB.show(GB.tab || "story", true);
  GB.painter.repaint();
  GB.pointed(GB.map.getCenter());
};

GB.pointed = function (latlng) {
  const near = GB.nearestFrontier(latlng), node = document.getElementById("readout");
  node.textContent = near ? GB.t("{distance} to the frontier ({segment})", { distance: GB.away(near.metres), segment: GB.segmentName(near.segment) }) : "";
};

GB.setUpPointer = function () {
  let waiting = null;
  GB.map.on("mousemove", (event) => {
    if (!waiting) requestAnimationFrame(() => { GB.pointed(waiting); waiting = null; });
    waiting = event.latlng;
  });
  GB.map.on("click", (event) => {
    const place = GB.placeAt(GB.painter, event.containerPoint);
    if (place && place.others && GB.map.getZoom() < GB.GATHER_UNTIL && place.d > 8) { GB.map.setView(event.latlng, GB.map.getZoom() + 2, { animate: !GB.calm() }); return; }
    GB.select(event.latlng, event.containerPoint);
  });
  GB.map.getContainer().addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === GB.map.getContainer()) GB.select(GB.map.getCenter(), GB.map.getSize().divideBy(2));
  });
  GB.map.on("moveend", () => { GB.writeHash(); GB.pointed(GB.map.getCenter()); });
};

GB.setUpButtons = function () {
  const on = (id, act) => document.getElementById(id).addEventListener("click", act);
  const say = (text) => { document.getElementById("said").textContent = text; };
  on("whole", () => GB.showWhole(!GB.calm()));
  on("print", () => window.print());
  on("share", () => {
    GB.writeHash();
    const done = () => say(GB.t("The address of this view is copied."));
    if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(location.href).then(done, () => say(location.href));
    else say(GB.t("The address bar now holds this view: copy it from there."));
  });
  on("locate", () => {
    if (!navigator.geolocation) { say(GB.t("This browser does not tell its place.")); return; }
    navigator.geolocation.getCurrentPosition((position) => {
      const here = L.latLng(position.coords.latitude, position.coords.longitude);
      GB.map.setView(here, 11, { animate: !GB.calm() });
      GB.select(here, null);
    }, () => say(GB.t("Your place could not be had. It is only asked for on this click and stays in this page.")));
  });
  const language = document.getElementById("language");
  language.append(...Object.entries(GB.languages).map(([code, { name }]) => GB.h("option", { value: code, lang: code }, name)));
  language.addEventListener("change", () => { GB.setLanguage(language.value); GB.writeHash(); });
  // A4 shows the map alone with its legend: the canvas must be painted for the paper's size.
  window.addEventListener("beforeprint", () => GB.map.invalidateSize({ animate: false, pan: false }));
  window.addEventListener("afterprint", () => GB.map.invalidateSize({ animate: false, pan: false }));
};

// The box of all frontier and zones.
GB.extent = function () {
  const b = [Infinity, Infinity, -Infinity, -Infinity];
  for (const name of ["bands", "frontier"]) for (const feature of GB.data.geometry.layers[name] || []) {
    const f = GB.boxOf(feature);
    for (const i of [0, 1]) { b[i] = Math.min(b[i], f[i]); b[i + 2] = Math.max(b[i + 2], f[i + 2]); }
  }
  return L.latLngBounds(GB.toLatLng(b[0], b[1]), GB.toLatLng(b[2], b[3]));
};

// The whole frontier, beside the legend where that costs no zoom: names must not lie below it.
GB.LEGEND_WIDTH = 320;
GB.showWhole = function (animate) {
  const beside = L.point(document.getElementById("legend").open ? GB.LEGEND_WIDTH : 0, 0);
  const fits = GB.map.getBoundsZoom(GB.home, false, beside) === GB.map.getBoundsZoom(GB.home);
  GB.map.fitBounds(GB.home, { animate, paddingTopLeft: fits ? beside : [0, 0] });
};

GB.start = function (map, online) {
  GB.map = map;
  GB.online = online;
  GB.onlineShown = null;
  GB.painter = new GB.Painter();
  GB.pin = L.marker([0, 0], { icon: L.divIcon({ className: "pin", iconSize: [18, 18] }), keyboard: false, interactive: false });
  const asked = GB.readHash();
  for (const [, layers] of GB.LAYER_GROUPS) for (const [name, on] of Object.entries(layers)) {
    if (GB.hasLayer(name) && (asked.layers ? asked.layers.includes(name) : on)) GB.painter.shown.add(name);
  }
  GB.home = GB.extent();
  if (window.innerWidth < 700) document.body.classList.remove("panel-open");
  document.getElementById("legend").open = window.innerWidth >= 700;
  map.invalidateSize({ animate: false, pan: false });
  if (asked.view) map.setView([asked.view[1], asked.view[2]], asked.view[0], { animate: false });
  else if (GB.home.isValid()) GB.showWhole(false);
  GB.painter.addTo(map);
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  GB.setUpTabs();
  GB.setUpButtons();
  GB.setUpSearch();
  GB.setUpPointer();
  const wished = asked.lang || (navigator.languages || []).map((l) => l.slice(0, 2).toLowerCase()).map((l) => (l === "no" ? "nb" : l)).find((l) => l in GB.languages) || "en";
  GB.tab = "story";
  GB.setLanguage(wished);
  if (asked.pin) GB.select(asked.pin, null);
  window.addEventListener("hashchange", () => { const h = GB.readHash(); if (h.view) map.setView([h.view[1], h.view[2]], h.view[0], { animate: false }); });
  performance.mark("gb-ready");
  document.body.dataset.ready = "yes";
};
