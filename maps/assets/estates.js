// The estates: outlines coloured by the theme, a number on each, one of them selected.
EG.Estates = function (map, data) {
  this.map = map;
  this.data = data.estates;
  this.theme = null;
  this.selected = -1;
  this.renderer = L.svg({ pane: "eg-estates", padding: 0.4 });
  this.shapes = this.data.rings.map(this._shape, this);
  this.marks = this.data.at.map(this._mark, this);
  map.on("zoomend", this._fit, this);
};

EG.Estates.prototype._shape = function (polygons, index) {
  if (!polygons.length) { return null; }
  var rings = polygons.map(function (polygon) { return polygon.map(EG.latLngs); });
  var shape = L.polygon(rings, { renderer: this.renderer, pane: "eg-estates", className: "eg-estate", color: "#ffffff", weight: 1.4, fillOpacity: 0.86 });
  if (this.data.assumed[index]) { shape.setStyle({ dashArray: "5 4", fillOpacity: 0.66 }); }
  shape.on("click", function (event) { L.DomEvent.stopPropagation(event); EG.tell("select", { index: index, at: event.latlng }); });
  shape.on("mouseover", function () { this._outline(index, true); EG.tell("hover", index); }, this);
  shape.on("mouseout", function () { this._outline(index, false); EG.tell("hover", -1); }, this);
  shape.addTo(this.map);
  if (shape._path) { shape._path.setAttribute("data-estate", index); }
  return shape;
};

EG.Estates.prototype._mark = function (at, index) {
  if (!at) { return null; }
  var node = EG.el("div", "eg-mark");
  node.appendChild(EG.el("b"));
  node.appendChild(EG.el("span", "", this.data.name[index]));
  return L.marker(EG.latLng(at), { pane: "eg-labels", interactive: false, keyboard: false, icon: L.divIcon({ className: "eg-mark-box", html: node, iconSize: [0, 0] }) }).addTo(this.map);
};

EG.Estates.prototype.show = function (theme) {
  this.theme = theme;
  this.shapes.forEach(function (shape, index) {
    if (!shape) { return; }
    var entry = theme.legend[theme.of[index]];
    shape.setStyle({ fillColor: entry.hatch ? "url(#eg-hatch)" : entry.colour });
    var node = this.marks[index].getElement().firstChild;
    node.firstChild.textContent = theme.label[index];
    node.classList.toggle("eg-dark", entry.dark);
    this._outline(index, false);
  }, this);
  this._fit();
};

EG.Estates.prototype._outline = function (index, over) {
  var shape = this.shapes[index], chosen = index === this.selected;
  if (!shape) { return; }
  var rest = this.theme && this.theme.legend[this.theme.of[index]].hatch || this.data.assumed[index] ? "#857f74" : "#ffffff";
  shape.setStyle({ color: chosen ? "#1d2b36" : over ? "#3c4a55" : rest, weight: chosen ? 3 : over ? 2.2 : 1.4 });
  if (chosen || over) { shape.bringToFront(); }
};

EG.Estates.prototype.hover = function (index, over) {
  this._outline(index, over);
};

EG.Estates.prototype.select = function (index) {
  var before = this.selected;
  this.selected = index;
  if (before >= 0) { this._outline(before, false); }
  if (index >= 0) { this._outline(index, true); }
};

// A number is shown where it fits into its outline, the name below it where that fits too.
EG.Estates.prototype._fit = function () {
  this.shapes.forEach(function (shape, index) {
    if (!shape) { return; }
    var bounds = shape.getBounds(), a = this.map.latLngToLayerPoint(bounds.getNorthWest()), b = this.map.latLngToLayerPoint(bounds.getSouthEast());
    var node = this.marks[index].getElement().firstChild, width = b.x - a.x, height = b.y - a.y;
    var label = this.theme ? this.theme.label[index] : "", name = this.data.name[index];
    node.firstChild.hidden = !label || width < 8 + 7 * label.length || height < 14;
    node.lastChild.hidden = width < EG.nameWidth(name) + 10 || height < 46;
  }, this);
};

EG.nameWidth = function (name) {
  return Array.from(name).reduce(function (sum, letter) { return sum + (letter.charCodeAt(0) > 255 ? 11.5 : 6.2); }, 0);
};

EG.Estates.prototype.place = function (index) {
  return this.data.at[index] ? EG.latLng(this.data.at[index]) : null;
};
