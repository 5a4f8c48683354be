"use strict";
// Shared ground: decoding of coordinates, elements made of text, events between the parts.
var EG = { hooks: {} };

EG.UNIT = 1e-6;

// [x0, y0, dx, dy, ...] in whole units -> [[lat, lng], ...]
EG.latLngs = function (steps) {
  var out = [], x = 0, y = 0;
  for (var i = 0; i < steps.length; i += 2) {
    x += steps[i];
    y += steps[i + 1];
    out.push([y * EG.UNIT, x * EG.UNIT]);
  }
  return out;
};

EG.latLng = function (pair) {
  return L.latLng(pair[1] * EG.UNIT, pair[0] * EG.UNIT);
};

// Web Mercator in world units 0..1, for the canvas
EG.world = function (steps) {
  var count = steps.length / 2, out = new Float64Array(steps.length), x = 0, y = 0;
  for (var i = 0; i < count; i += 1) {
    x += steps[2 * i];
    y += steps[2 * i + 1];
    var sine = Math.sin((y * EG.UNIT * Math.PI) / 180);
    out[2 * i] = (x * EG.UNIT) / 360 + 0.5;
    out[2 * i + 1] = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
  }
  return out;
};

EG.box = function (curve) {
  var box = [Infinity, Infinity, -Infinity, -Infinity];
  for (var i = 0; i < curve.length; i += 2) {
    if (curve[i] < box[0]) { box[0] = curve[i]; }
    if (curve[i] > box[2]) { box[2] = curve[i]; }
    if (curve[i + 1] < box[1]) { box[1] = curve[i + 1]; }
    if (curve[i + 1] > box[3]) { box[3] = curve[i + 1]; }
  }
  return box;
};

EG.meets = function (a, b) {
  return a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1];
};

// An element; text from the data is only ever set as text.
EG.el = function (tag, className, text) {
  var node = document.createElement(tag);
  if (className) { node.className = className; }
  if (text !== undefined && text !== null) { node.textContent = text; }
  return node;
};

EG.glyph = function (name, className) {
  var space = "http://www.w3.org/2000/svg";
  var picture = document.createElementNS(space, "svg"), use = document.createElementNS(space, "use");
  picture.setAttribute("class", className || "eg-glyph");
  picture.setAttribute("viewBox", "0 0 16 16");
  use.setAttribute("href", "#eg-glyph-" + name);
  picture.appendChild(use);
  return picture;
};

EG.fill = function (template, values) {
  return template.replace(/\{(\w+)\}/g, function (_, key) { return values[key]; });
};

// An amount as a whole number; a part of one is never shown as none.
EG.number = function (value) {
  if (value === null || value === undefined) { return "—"; }
  if (value > 0 && value < 0.5) { return "<1"; }
  return Math.round(value).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
};

EG.percent = function (share) {
  if (share === null || share === undefined) { return "—"; }
  var whole = Math.round(share * 100);
  if (whole === 0 && share > 0) { return "<1%"; }
  if (whole === 100 && share < 1) { return ">99%"; }
  return whole + "%";
};

EG.on = function (name, hook) {
  (EG.hooks[name] = EG.hooks[name] || []).push(hook);
};

EG.tell = function (name, value) {
  (EG.hooks[name] || []).forEach(function (hook) { hook(value); });
};
