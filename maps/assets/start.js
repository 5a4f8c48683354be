// Puts the parts together on the map that Folium made.
EG.NEAR = 16.2; // below this zoom symbols are small, one step further out they are dots and gates are left out

EG.start = function (map) {
  var data = JSON.parse(document.getElementById("eg-data").textContent), text = data.text;
  EG.fontStack = getComputedStyle(document.body).fontFamily;
  EG.map = map;
  EG.evidenceCanvas = L.canvas({ pane: "eg-evidence", padding: 0.3 });
  EG.dotCanvas = L.canvas({ pane: "eg-detail", padding: 0.3 });
  var box = L.latLngBounds([data.bounds[1] * EG.UNIT, data.bounds[0] * EG.UNIT], [data.bounds[3] * EG.UNIT, data.bounds[2] * EG.UNIT]);
  var home = function () {
    var wide = map.getSize().x > 760;
    map.fitBounds(box, { paddingTopLeft: [wide ? 34 : 12, 62], paddingBottomRight: [wide ? 256 : 12, wide ? 20 : 60], animate: false });
  };
  EG.panelToggle(map);
  map.invalidateSize({ animate: false });
  home();
  map.setMinZoom(Math.max(2, map.getZoom() - 2));
  map.setMaxBounds(box.pad(2.5));
  var base = new EG.BaseLayer(data.base).addTo(map);
  new EG.DetailLayer(data.base).addTo(map);
  var estates = new EG.Estates(map, data), panel = new EG.Panel(data);
  EG.overlays(map, data, home);
  EG.behave(map, data, estates, panel);
  EG.tell("theme", data.themes[0]);
  var wanted = /[#&]e=(\d+)/.exec(window.location.hash);
  if (wanted && data.estates.name[Number(wanted[1])] !== undefined) { EG.tell("select", { index: Number(wanted[1]), fly: true }); }
  if (document.fonts) { document.fonts.ready.then(function () { base._update(); }); }
  document.body.setAttribute("data-ready", "1");
};

EG.overlays = function (map, data, home) {
  var frame = map.getContainer(), layers = new EG.Layers(map, data), legend = new EG.Legend(data.text.legend, data.text.legend_count);
  if (data.themes.length > 1) { frame.appendChild(EG.themeBar(data.themes, data.text.themes)); }
  var side = EG.el("div", "eg-side");
  side.appendChild(layers.node);
  side.appendChild(legend.node);
  frame.appendChild(side);
  frame.appendChild(EG.zoomBar(map, data.text, home));
  var line = EG.el("div", "eg-attribution");
  if (data.mark) { line.appendChild(EG.el("b", "", data.mark)); }
  line.appendChild(EG.el("span", "", data.attribution));
  frame.appendChild(line);
  L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 120 }).addTo(map);
  EG.on("theme", function (theme) { layers.show(theme); legend.show(theme); });
};

EG.behave = function (map, data, estates, panel) {
  var near = function () {
    var zoom = map.getZoom(), classes = map.getContainer().classList;
    classes.toggle("eg-far", zoom < EG.NEAR - 1);
    classes.toggle("eg-middle", zoom < EG.NEAR);
    EG.tell("zoom", zoom);
  };
  map.on("zoomend", near);
  near();
  EG.on("theme", function (theme) { estates.show(theme); panel.show(theme); });
  EG.on("hover", function (index) { panel.hover(index); });
  EG.on("point", function (event) { estates.hover(event.index, event.over); });
  EG.on("select", function (event) {
    estates.select(event.index);
    panel.select(event.index, true);
    EG.openReasons(map, data, estates, event);
  });
  map.on("popupclose", function (event) { if (event.popup.options.className === "eg-big") { estates.select(-1); panel.select(-1, false); } });
};

EG.openReasons = function (map, data, estates, event) {
  var at = event.at || estates.place(event.index), size = map.getSize();
  var room = { maxWidth: Math.min(372, size.x - 24), minWidth: Math.min(330, size.x - 40), maxHeight: Math.max(180, Math.min(440, size.y - 190)), className: "eg-big", autoPanPaddingTopLeft: [12, size.x > 760 ? 64 : 104], autoPanPaddingBottomRight: [size.x > 760 ? 252 : 12, 24] };
  if (!at) { room.autoPan = false; }
  if (event.fly && at && !map.getBounds().pad(-0.12).contains(at)) { map.panTo(at, { animate: false }); }
  L.popup(room).setLatLng(at || map.getCenter()).setContent(EG.reasons(data, event.index)).openOn(map);
  estates.select(event.index);
  document.getElementById("eg-panel").classList.toggle("eg-behind", window.innerWidth < 760);
};

EG.panelToggle = function (map) {
  var button = document.getElementById("eg-toggle"), narrow = window.innerWidth < 820 || /embed/.test(window.location.hash);
  var set = function (open) {
    document.body.classList.toggle("eg-closed", !open);
    button.title = open ? button.dataset.close : button.dataset.open;
    button.setAttribute("aria-label", button.title);
    button.setAttribute("aria-expanded", String(open));
    map.invalidateSize({ animate: false });
  };
  button.addEventListener("click", function () { set(document.body.classList.contains("eg-closed")); });
  EG.on("select", function () { if (window.innerWidth < 820) { set(false); } });
  set(!narrow);
};
