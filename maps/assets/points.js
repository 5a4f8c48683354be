// What lies on and around the estates: facilities, gates, evidence. Each layer is made when it is first shown.
EG.layerOf = function (spec, data, text) {
  return { symbols: EG.symbols, gates: EG.gates, evidence: EG.evidence }[spec.type](spec, text);
};

EG.pin = function (spec, planned) {
  var node = EG.el("div", "eg-pin" + (planned ? " eg-planned" : ""));
  node.style.setProperty("--eg-colour", spec.colour);
  node.appendChild(EG.glyph(spec.glyph));
  return node;
};

EG.symbols = function (spec) {
  return L.layerGroup(spec.items.map(function (item) {
    var icon = L.divIcon({ className: "eg-pin-box", html: EG.pin(spec, item[3] === "planned"), iconSize: [22, 22] });
    return L.marker(EG.latLng(item[0]), { pane: "eg-points", icon: icon, keyboard: false })
      .bindPopup(EG.card.bind(null, spec.title, item[1], item[2]), { maxWidth: 260, className: "eg-small" });
  }));
};

EG.gates = function (spec, text) {
  return L.layerGroup(spec.items.map(function (item) {
    var icon = L.divIcon({ className: "eg-gate-box", html: EG.el("div", "eg-gate eg-" + item[3].replace("_", "-")), iconSize: [10, 10] });
    return L.marker(EG.latLng(item[0]), { pane: "eg-points", icon: icon, keyboard: false, zIndexOffset: -200 })
      .bindPopup(EG.card.bind(null, text[item[3]], item[1], item[2]), { maxWidth: 240, className: "eg-small" });
  }));
};

EG.card = function (kind, name, facts) {
  var card = EG.el("div", "eg-card");
  card.appendChild(EG.el("p", "eg-card-kind", kind));
  if (name) { card.appendChild(EG.el("p", "eg-card-name", name)); }
  facts.forEach(function (fact) { card.appendChild(EG.el("p", "eg-card-fact", fact)); });
  return card;
};

EG.dotRadius = function (zoom) {
  return zoom < 15 ? 1.3 : zoom < 16.2 ? 1.9 : 3.2;
};

EG.evidence = function (spec) {
  var group = L.layerGroup(), look = { renderer: EG.evidenceCanvas, pane: "eg-evidence", interactive: false, color: spec.colour };
  spec.areas.forEach(function (polygon) {
    group.addLayer(L.polygon(polygon.map(EG.latLngs), L.extend({ weight: 0.7, opacity: 0.55, fillOpacity: 0.26 }, look)));
  });
  spec.lines.forEach(function (line) { group.addLayer(L.polyline(EG.latLngs(line), L.extend({ weight: 2, opacity: 0.85 }, look))); });
  var dots = spec.points.map(function (pair) {
    return L.circleMarker(EG.latLng(pair), L.extend({}, look, { pane: "eg-detail", renderer: EG.dotCanvas, radius: 2, weight: 0.8, color: "#ffffff", fillColor: spec.colour, fillOpacity: 0.9 }));
  });
  dots.forEach(function (dot) { group.addLayer(dot); });
  EG.on("zoom", function (zoom) { dots.forEach(function (dot) { dot.setRadius(EG.dotRadius(zoom)); }); });
  dots.forEach(function (dot) { dot.setRadius(EG.dotRadius(EG.map.getZoom())); });
  return group;
};
