// Beside the map: the list of estates in the theme's order, search, and those that have no outline.
EG.Panel = function (data) {
  this.data = data;
  this.query = "";
  this.rows = {};
  this.head = document.getElementById("eg-list-head");
  this.body = document.getElementById("eg-list-body");
  this.none = document.getElementById("eg-no-match");
  this.search = document.getElementById("eg-search");
  this.search.addEventListener("input", function () { this._filter(this.search.value); }.bind(this));
  this.search.addEventListener("keydown", function (event) { if (event.key === "Enter" && !event.isComposing) { this._first(); } }.bind(this));
  this._unlocated();
};

EG.plainText = function (text) {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");
};

EG.Panel.prototype.show = function (theme) {
  var selected = this.selected;
  this.head.textContent = "";
  this.body.textContent = "";
  this.rows = {};
  var head = EG.el("tr");
  theme.head.forEach(function (title) { head.appendChild(EG.el("th", "", title)); });
  this.head.appendChild(head);
  theme.rows.forEach(function (row) { this.body.appendChild(this._row(theme, row)); }, this);
  this._filter(this.search.value);
  if (selected !== undefined) { this.select(selected, false); }
};

EG.Panel.prototype._row = function (theme, row) {
  var index = row[0], entry = theme.legend[theme.of[index]], line = EG.el("tr"), first = EG.el("td"), estates = this.data.estates;
  var swatch = EG.el("i", (entry.hatch ? "eg-swatch eg-hatched" : "eg-swatch") + (entry.dark ? " eg-dark" : "") + (row[1] ? "" : " eg-plain"), row[1] === "—" ? "" : row[1]);
  if (!entry.hatch) { swatch.style.background = entry.colour; }
  first.appendChild(swatch);
  line.appendChild(first);
  var name = EG.el("td", "eg-name"), button = EG.el("button", "", estates.name[index]);
  button.type = "button";
  name.title = estates.name[index];
  name.appendChild(button);
  if (!estates.at[index]) { name.appendChild(EG.el("small", "", this.data.text.unlocated_chip)); }
  if (estates.assumed[index]) { name.appendChild(EG.el("small", "", this.data.text.assumed_chip)); }
  line.appendChild(name);
  line.appendChild(EG.el("td", "eg-value", row[2]));
  line.appendChild(EG.el("td", "eg-range", row[3]));
  line.setAttribute("data-estate", index);
  line.addEventListener("click", function () { EG.tell("select", { index: index, fly: true }); });
  line.addEventListener("mouseenter", function () { EG.tell("point", { index: index, over: true }); });
  line.addEventListener("mouseleave", function () { EG.tell("point", { index: index, over: false }); });
  this.rows[index] = line;
  return line;
};

EG.Panel.prototype._filter = function (value) {
  var wanted = EG.plainText(value), estates = this.data.estates, shown = 0;
  Object.keys(this.rows).forEach(function (index) {
    var fits = EG.plainText(estates.name[index]).indexOf(wanted) >= 0 || EG.plainText(estates.id[index]).indexOf(wanted) >= 0;
    this.rows[index].hidden = !fits;
    shown += fits ? 1 : 0;
  }, this);
  this.none.hidden = shown > 0;
};

EG.Panel.prototype._first = function () {
  var first = this.body.querySelector("tr:not([hidden])");
  if (first) { EG.tell("select", { index: Number(first.getAttribute("data-estate")), fly: true }); }
};

EG.Panel.prototype.select = function (index, scroll) {
  var before = this.body.querySelector(".eg-selected");
  if (before) { before.classList.remove("eg-selected"); }
  this.selected = index;
  var row = this.rows[index];
  if (!row) { return; }
  row.classList.add("eg-selected");
  if (scroll) { row.scrollIntoView({ block: "nearest" }); }
};

EG.Panel.prototype.hover = function (index) {
  var before = this.body.querySelector(".eg-over");
  if (before) { before.classList.remove("eg-over"); }
  if (this.rows[index]) { this.rows[index].classList.add("eg-over"); }
};

EG.Panel.prototype._unlocated = function () {
  var estates = this.data.estates, list = document.getElementById("eg-unlocated-list"), count = 0;
  estates.at.forEach(function (at, index) {
    if (at) { return; }
    count += 1;
    var item = EG.el("li"), button = EG.el("button", "", estates.name[index]);
    button.type = "button";
    button.addEventListener("click", function () { EG.tell("select", { index: index, fly: true }); });
    item.appendChild(button);
    list.appendChild(item);
  });
  document.getElementById("eg-unlocated").hidden = !count;
  document.getElementById("eg-unlocated-title").textContent = EG.fill(this.data.text.unlocated, { count: count });
};
