// What lies over the map: themes, layers, legend, attribution.
EG.overlay = function (className) {
  var node = EG.el("div", className);
  L.DomEvent.disableClickPropagation(node);
  L.DomEvent.disableScrollPropagation(node);
  return node;
};

EG.themeBar = function (themes, label) {
  var bar = EG.overlay("eg-themes");
  bar.setAttribute("role", "radiogroup");
  bar.setAttribute("aria-label", label);
  themes.forEach(function (theme, i) {
    var item = EG.el("label"), input = EG.el("input");
    input.type = "radio";
    input.name = "eg-theme";
    input.checked = i === 0;
    input.addEventListener("change", function () { EG.tell("theme", theme); });
    item.appendChild(input);
    item.appendChild(EG.el("span", "", theme.title));
    bar.appendChild(item);
  });
  return bar;
};

EG.Legend = function (title, count) {
  this.count = count;
  this.node = EG.overlay("eg-legend");
  this.title = EG.el("h2", "", title);
  this.list = EG.el("ul");
  this.note = EG.el("p");
  [this.title, this.list, this.note].forEach(function (part) { this.node.appendChild(part); }, this);
};

EG.Legend.prototype.show = function (theme) {
  this.title.textContent = theme.title;
  this.list.textContent = "";
  theme.legend.forEach(function (entry) {
    var item = EG.el("li", entry.count ? "" : "eg-none"), swatch = EG.el("i", entry.hatch ? "eg-swatch eg-hatched" : "eg-swatch"), words = EG.el("span", "eg-legend-text", entry.label);
    if (!entry.hatch) { swatch.style.background = entry.colour; }
    item.appendChild(swatch);
    if (entry.detail) { words.appendChild(EG.el("small", "", entry.detail)); }
    item.appendChild(words);
    item.appendChild(EG.el("b", "", String(entry.count)));
    this.list.appendChild(item);
  }, this);
  this.title.appendChild(EG.el("small", "", this.count));
  this.note.textContent = theme.note || "";
  this.note.hidden = !theme.note;
};

// The layers card: which layers are shown is the theme's wish until the reader says otherwise.
EG.Layers = function (map, data) {
  this.map = map;
  this.data = data;
  this.groups = {};
  this.wishes = {};
  this.boxes = {};
  this.node = EG.overlay("eg-layers");
  var details = EG.el("details");
  details.open = window.innerHeight >= 640 && window.innerWidth >= 900;
  details.appendChild(EG.el("summary", "", data.text.layers));
  data.layers.forEach(function (spec) { details.appendChild(this._row(spec)); }, this);
  this.node.appendChild(details);
  this.node.hidden = !data.layers.length;
};

EG.Layers.prototype._row = function (spec) {
  var row = EG.el("label", "eg-layer"), box = EG.el("input"), count = spec.items ? spec.items.length : spec.points.length + spec.lines.length + spec.areas.length;
  box.type = "checkbox";
  box.addEventListener("change", function () { this.wishes[spec.key] = box.checked; this._set(spec, box.checked); }.bind(this));
  this.boxes[spec.key] = box;
  row.appendChild(box);
  row.appendChild(EG.sample(spec));
  row.appendChild(EG.el("span", "", spec.title));
  if (spec.items || !spec.areas.length) { row.appendChild(EG.el("small", "", EG.number(count))); }
  if (spec.type !== "gates") { return row; }
  var whole = EG.el("div");
  whole.appendChild(row);
  spec.kinds.forEach(function (kind) {
    var line = EG.el("p", "eg-gate-line");
    line.appendChild(EG.el("i", "eg-gate eg-" + kind.replace("_", "-")));
    line.appendChild(EG.el("span", "", this.data.text[kind]));
    whole.appendChild(line);
  }, this);
  return whole;
};

EG.sample = function (spec) {
  if (spec.type === "symbols") { return EG.pin(spec, false); }
  if (spec.type === "gates") { return EG.el("i", "eg-gate eg-gate-open"); }
  var sample = EG.el("i", spec.points.length ? "eg-dot" : spec.lines.length ? "eg-line" : "eg-area");
  sample.style.setProperty("--eg-colour", spec.colour);
  return sample;
};

EG.Layers.prototype._set = function (spec, on) {
  if (on && !this.groups[spec.key]) { this.groups[spec.key] = EG.layerOf(spec, this.data, this.data.text); }
  var group = this.groups[spec.key];
  if (group && on !== this.map.hasLayer(group)) { if (on) { group.addTo(this.map); } else { group.remove(); } }
  this.boxes[spec.key].checked = on;
};

EG.Layers.prototype.show = function (theme) {
  this.data.layers.forEach(function (spec) {
    var wish = this.wishes[spec.key];
    this._set(spec, wish === undefined ? spec.on || theme.layers.indexOf(spec.key) >= 0 : wish);
  }, this);
};

EG.zoomBar = function (map, text, home) {
  var bar = EG.overlay("eg-zoom");
  [["+", text.zoom_in, function () { map.zoomIn(1); }], ["−", text.zoom_out, function () { map.zoomOut(1); }], ["⤢", text.fit, home]].forEach(function (row) {
    var button = EG.el("button", "", row[0]);
    button.type = "button";
    button.title = row[1];
    button.setAttribute("aria-label", row[1]);
    button.addEventListener("click", row[2]);
    bar.appendChild(button);
  });
  return bar;
};
