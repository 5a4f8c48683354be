// The base map: water, green and streets with casings and names, on one canvas that redraws after each move.
EG.STREETS = [
  // path, minor, medium, major, motorway, rail: fill, casing, width in metres, least width in pixels, from zoom, names from zoom
  { fill: "#e6e2da", casing: null, metres: 2.2, least: 0.9, zoom: 16.2, names: 18 },
  { fill: "#ffffff", casing: "#dedad2", metres: 6, least: 1.1, zoom: 13.5, names: 16.5 },
  { fill: "#ffffff", casing: "#d6d1c7", metres: 11, least: 1.8, zoom: 12, names: 15.5 },
  { fill: "#fffdf7", casing: "#cfc8ba", metres: 18, least: 2.6, zoom: 0, names: 14.5 },
  { fill: "#fdf3da", casing: "#d8c493", metres: 22, least: 3, zoom: 0, names: 14 },
  { fill: "#b9b5ad", casing: null, metres: 1.5, least: 1, zoom: 13, names: 17 }
];

EG.BaseLayer = L.Renderer.extend({
  options: { padding: 0.2, pane: "eg-base" },

  initialize: function (base, options) {
    L.Renderer.prototype.initialize.call(this, options);
    var area = function (polygon) {
      var rings = polygon.map(EG.world);
      return { rings: rings, box: EG.box(rings[0]) };
    };
    this._water = base.water.map(area);
    this._green = base.green.map(area);
    this._buildings = base.buildings.map(area);
    this._ribbons = base.ribbons.map(function (line) { var curve = EG.world(line); return { curve: curve, box: EG.box(curve) }; });
    this._streets = [[], [], [], [], [], []];
    base.streets.forEach(function (row) {
      row[2].forEach(function (line) {
        var curve = EG.world(line);
        this._streets[row[0]].push({ name: row[1], curve: curve, box: EG.box(curve) });
      }, this);
    }, this);
  },

  _initContainer: function () {
    this._container = document.createElement("canvas");
    this._container.className = "eg-canvas";
    this._ctx = this._container.getContext("2d");
  },

  _destroyContainer: function () {
    L.DomUtil.remove(this._container);
    delete this._container;
    delete this._ctx;
  },

  _update: function () {
    if (this._map._animatingZoom && this._bounds) { return; }
    L.Renderer.prototype._update.call(this);
    var size = this._bounds.getSize(), density = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this._container.width = Math.round(size.x * density);
    this._container.height = Math.round(size.y * density);
    this._container.style.width = size.x + "px";
    this._container.style.height = size.y + "px";
    this._ctx.setTransform(density, 0, 0, density, 0, 0);
    this._size = size;
    this._draw();
  },

  _updatePaths: function () {},

  _draw: function () {
    var zoom = this._map.getZoom(), corner = this._map.getPixelOrigin().add(this._bounds.min);
    var scale = 256 * Math.pow(2, zoom);
    this._view = { scale: scale, x: corner.x, y: corner.y, zoom: zoom, metre: this._pixelsPerMetre(zoom) };
    this._window = [(corner.x - 30) / scale, (corner.y - 30) / scale, (corner.x + this._size.x + 30) / scale, (corner.y + this._size.y + 30) / scale];
    this._paint();
  },

  _pixelsPerMetre: function (zoom) {
    var latitude = (this._map.getCenter().lat * Math.PI) / 180;
    return (256 * Math.pow(2, zoom)) / (40075016.686 * Math.cos(latitude));
  },

  _paint: function () {
    this._fill(this._green, "#e0ead6", null);
    this._fill(this._water, "#cddfe8", "#b9d0dc");
    this._ribbonLines();
    this._drawStreets();
    this._drawNames();
  },

  _trace: function (curve) {
    var view = this._view, ctx = this._ctx;
    for (var i = 0; i < curve.length; i += 2) {
      var x = curve[i] * view.scale - view.x, y = curve[i + 1] * view.scale - view.y;
      if (i === 0) { ctx.moveTo(x, y); } else { ctx.lineTo(x, y); }
    }
  },

  _fill: function (areas, fill, stroke) {
    var ctx = this._ctx;
    ctx.beginPath();
    areas.forEach(function (area) {
      if (!EG.meets(area.box, this._window)) { return; }
      area.rings.forEach(function (ring) { this._trace(ring); ctx.closePath(); }, this);
    }, this);
    if (fill) { ctx.fillStyle = fill; ctx.fill("evenodd"); }
    if (stroke) { ctx.strokeStyle = stroke; ctx.lineWidth = 0.7; ctx.stroke(); }
  },

  _lines: function (rows, colour, width, dash) {
    var ctx = this._ctx;
    ctx.beginPath();
    rows.forEach(function (row) { if (EG.meets(row.box, this._window)) { this._trace(row.curve); } }, this);
    ctx.setLineDash(dash || []);
    ctx.lineCap = dash ? "butt" : "round";
    ctx.lineJoin = "round";
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.stroke();
    ctx.setLineDash([]);
  },

  _ribbonLines: function () {
    this._lines(this._ribbons, "#cddfe8", Math.max(1.2, 4 * this._view.metre));
  },

  _drawStreets: function () {
    var view = this._view, shown = [];
    EG.STREETS.forEach(function (style, kind) {
      if (view.zoom >= style.zoom && this._streets[kind].length) {
        shown.push({ rows: this._streets[kind], style: style, width: Math.max(style.least, style.metres * view.metre), rail: kind === 5 });
      }
    }, this);
    shown.forEach(function (one) { if (one.style.casing) { this._lines(one.rows, one.style.casing, one.width + (view.zoom >= 15 ? 2 : 1.4)); } }, this);
    shown.forEach(function (one) {
      this._lines(one.rows, one.style.fill, one.width);
      if (one.rail && view.zoom >= 14.5) { this._lines(one.rows, "#f6f4ef", Math.max(0.5, one.width - 1), [6, 6]); }
    }, this);
  },

  _drawNames: function () {
    this._taken = [];
    for (var kind = 4; kind >= 0; kind -= 1) {
      var style = EG.STREETS[kind];
      if (this._view.zoom < style.names) { continue; }
      var size = kind >= 3 ? 12.5 : 11.5;
      this._streets[kind].forEach(function (row) {
        if (row.name && EG.meets(row.box, this._window)) { this._name(row, size, kind >= 3 ? "#6f685b" : "#857f74"); }
      }, this);
    }
  },

  // Letters one by one along the middle of the street, upright and from left to right; nothing where it does not fit.
  _name: function (row, size, colour) {
    var ctx = this._ctx, way = this._pixels(row.curve), total = way.lengths[way.lengths.length - 1];
    ctx.font = size + "px " + EG.fontStack;
    var gap = /[\u3000-\u9fff]/.test(row.name) ? 3 : 0.3;
    var letters = Array.from(row.name), widths = letters.map(function (letter) { return ctx.measureText(letter).width + gap; });
    var needed = widths.reduce(function (sum, width) { return sum + width; }, 0);
    if (total < needed + 16) { return; }
    var spread = Math.max(1, Math.min(4, Math.floor(total / 520)));
    for (var i = 0; i < spread; i += 1) {
      var spots = this._spots(way, (total * (i + 0.5)) / spread - needed / 2, widths);
      if (spots && this._free(spots, size)) { this._write(letters, spots, colour); }
    }
  },

  _pixels: function (curve) {
    var view = this._view, xs = [], ys = [], lengths = [0];
    for (var i = 0; i < curve.length; i += 2) {
      xs.push(curve[i] * view.scale - view.x);
      ys.push(curve[i + 1] * view.scale - view.y);
      var n = xs.length - 1;
      if (n > 0) { lengths.push(lengths[n - 1] + Math.hypot(xs[n] - xs[n - 1], ys[n] - ys[n - 1])); }
    }
    return { xs: xs, ys: ys, lengths: lengths };
  },

  _at: function (way, distance) {
    var low = 0, high = way.lengths.length - 1;
    while (high - low > 1) {
      var middle = (low + high) >> 1;
      if (way.lengths[middle] <= distance) { low = middle; } else { high = middle; }
    }
    var part = (distance - way.lengths[low]) / ((way.lengths[high] - way.lengths[low]) || 1);
    return {
      x: way.xs[low] + part * (way.xs[high] - way.xs[low]), y: way.ys[low] + part * (way.ys[high] - way.ys[low]),
      angle: Math.atan2(way.ys[high] - way.ys[low], way.xs[high] - way.xs[low])
    };
  },

  _spots: function (way, start, widths) {
    var total = widths.reduce(function (sum, width) { return sum + width; }, 0);
    if (start < 0 || start + total > way.lengths[way.lengths.length - 1]) { return null; }
    var from = this._at(way, start), to = this._at(way, start + total), steep = Math.abs(to.y - from.y) > 1.6 * Math.abs(to.x - from.x);
    var back = steep ? to.y < from.y : to.x < from.x, place = start, out = [];
    (back ? widths.slice().reverse() : widths).forEach(function (width) {
      var spot = this._at(way, place + width / 2);
      if (back) { spot.angle += Math.PI; }
      spot.width = width;
      out.push(spot);
      place += width;
    }, this);
    if (back) { out.reverse(); }
    for (var i = 1; i < out.length; i += 1) {
      var turn = Math.abs(((out[i].angle - out[i - 1].angle + 3 * Math.PI) % (2 * Math.PI)) - Math.PI);
      if (turn > 0.6) { return null; }
    }
    return out;
  },

  _free: function (spots, size) {
    var xs = spots.map(function (spot) { return spot.x; }), ys = spots.map(function (spot) { return spot.y; }), room = size + 6;
    var box = [Math.min.apply(null, xs) - room, Math.min.apply(null, ys) - room, Math.max.apply(null, xs) + room, Math.max.apply(null, ys) + room];
    if (this._taken.some(function (other) { return EG.meets(box, other); })) { return false; }
    this._taken.push(box);
    return true;
  },

  _write: function (letters, spots, colour) {
    var ctx = this._ctx;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    [true, false].forEach(function (halo) {
      letters.forEach(function (letter, i) {
        ctx.save();
        ctx.translate(spots[i].x, spots[i].y);
        // letters of a steep street stand upright, as on Chinese street maps
        var angle = ((spots[i].angle + 3 * Math.PI) % (2 * Math.PI)) - Math.PI;
        if (EG.upright(letter) && Math.abs(Math.abs(angle) - Math.PI / 2) < 0.6) { angle -= Math.sign(angle) * Math.PI / 2; }
        ctx.rotate(angle);
        if (halo) { ctx.strokeStyle = "rgba(255,255,255,.92)"; ctx.lineWidth = 3; ctx.strokeText(letter, 0, 0); }
        else { ctx.fillStyle = colour; ctx.fillText(letter, 0, 0); }
        ctx.restore();
      });
    });
  }
});

EG.upright = function (letter) {
  return /[\u3000-\u9fff]/.test(letter);
};

// Buildings, over the estates' colours, so that an estate shows its rows of houses.
EG.DetailLayer = EG.BaseLayer.extend({
  options: { padding: 0.2, pane: "eg-detail" },

  _paint: function () {
    if (this._view.zoom >= 14.5) { this._fill(this._buildings, "rgba(60,45,40,.13)", this._view.zoom >= 16.5 ? "rgba(60,45,40,.28)" : null); }
  }
});
