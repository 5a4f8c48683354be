// Why does an estate stand where it stands? The answer as a popup: rank, make-up of the score, every gap.
EG.G = { analysis: 0, measure: 1, status: 2, required: 3, provided: 4, shortfall: 5, low: 6, high: 7, unit: 8, coverage: 9, severity: 10, basis: 11, headline: 12, needed: 13, there: 14 };

EG.reasons = function (data, index) {
  var text = data.text, estates = data.estates, node = EG.el("article", "eg-reasons");
  node.appendChild(EG.reasonsHead(data, index));
  var parts = estates.parts[index], bars = estates.part_of;
  if (bars.length && estates.rank[index] !== null) {
    node.appendChild(EG.el("h3", "", text.contributions));
    node.appendChild(EG.bars(parts, bars));
  }
  node.appendChild(EG.el("h3", "", text.reasons));
  var rows = data.gaps.rows[index];
  rows.forEach(function (row) { if (row[EG.G.headline]) { node.appendChild(EG.gap(data, row, true)); } });
  var others = rows.filter(function (row) { return !row[EG.G.headline]; });
  if (others.length) { node.appendChild(EG.otherGaps(data, others)); }
  return node;
};

EG.reasonsHead = function (data, index) {
  var text = data.text, estates = data.estates, head = EG.el("header"), entry = EG.tierOf(data, index);
  var badge = EG.el("span", "eg-badge" + (entry && entry.dark ? " eg-dark" : "") + (entry && entry.hatch ? " eg-hatched" : ""), estates.rank[index] === null ? "?" : String(estates.rank[index]));
  if (entry && !entry.hatch) { badge.style.background = entry.colour; }
  head.appendChild(badge);
  var title = EG.el("div");
  title.appendChild(EG.el("h2", "", estates.name[index]));
  var facts = [estates.id[index], estates.community[index], text.households + " " + estates.households[index]].filter(Boolean);
  title.appendChild(EG.el("p", "eg-sub", facts.join(" · ")));
  head.appendChild(title);
  var line = EG.el("p", "eg-standing");
  if (estates.rank[index] === null) {
    line.appendChild(EG.el("span", "", text.no_rank + " · " + EG.fill(text.unknown_weight, { share: EG.percent(estates.unknown[index]) })));
  } else {
    line.appendChild(EG.fact(text.score, estates.score[index]));
    line.appendChild(EG.fact(text.interval, estates.interval[index]));
    if (estates.tied[index]) { line.appendChild(EG.el("span", "eg-chip", text.tied)); }
  }
  if (estates.assumed[index]) { line.appendChild(EG.el("span", "eg-chip", text.assumed_chip)); }
  if (estates.schedule[index] !== "none") { line.appendChild(EG.el("span", "eg-chip eg-" + estates.schedule[index], text["schedule_" + estates.schedule[index]])); }
  head.appendChild(line);
  return head;
};

EG.tierOf = function (data, index) {
  var theme = data.tiers || data.themes[0];
  return theme.key === "priority" ? theme.legend[theme.of[index]] : null;
};

EG.fact = function (label, value) {
  var node = EG.el("span", "eg-fact");
  node.appendChild(EG.el("i", "", label));
  node.appendChild(EG.el("b", "", value));
  return node;
};

// One bar per analysis; the frame is the most it can weigh, the fill what it adds to the score.
EG.bars = function (parts, kinds) {
  var table = EG.el("div", "eg-bars"), most = Math.max.apply(null, kinds.map(function (kind) { return kind.most; }));
  kinds.forEach(function (kind, i) {
    table.appendChild(EG.el("span", "eg-bar-name", kind.title));
    var frame = EG.el("span", "eg-bar"), fill = EG.el("span");
    frame.style.width = (100 * kind.most) / most + "%";
    fill.style.width = (kind.most ? Math.min(100, (100 * parts[i]) / kind.most) : 0) + "%";
    frame.appendChild(fill);
    var cell = EG.el("span", "eg-bar-cell");
    cell.appendChild(frame);
    table.appendChild(cell);
    table.appendChild(EG.el("span", "eg-bar-value", parts[i].toFixed(1)));
  });
  return table;
};

EG.gap = function (data, row, headline) {
  var text = data.text, words = data.gaps.words, G = EG.G, unit = words[row[G.unit]], status = row[G.status];
  var node = EG.el("section", "eg-gap eg-is-" + status), head = EG.el("div", "eg-gap-head");
  head.appendChild(EG.el("b", "", headline && data.analyses.length > 1 ? data.analyses[row[G.analysis]].title : words[row[G.measure]]));
  head.appendChild(EG.el("span", "eg-status", text["status_" + status]));
  if (status === "short" && unit) { head.appendChild(EG.el("span", "eg-amount", EG.amount(row[G.shortfall], unit))); }
  node.appendChild(head);
  var facts = [];
  if (status !== "not_applicable" && unit) {
    [[G.required, G.needed], [G.provided, G.there]].forEach(function (side) {
      if (row[side[0]] !== null && words[row[side[1]]]) { facts.push(words[row[side[1]]] + " " + EG.amount(row[side[0]], unit)); }
    });
    if (status === "short" && row[G.severity] !== null) { facts.push(text.severity + " " + EG.percent(row[G.severity])); }
    if (row[G.low] !== null && row[G.high] !== null && row[G.low] !== row[G.high]) {
      facts.push(text.shortfall + " " + EG.fill(text.between, { low: EG.number(row[G.low]), high: EG.number(row[G.high]) }));
    }
  }
  if (facts.length) { node.appendChild(EG.el("p", "eg-gap-facts", facts.join(text.comma))); }
  if (words[row[G.basis]]) { node.appendChild(EG.el("p", "", text.basis + text.colon + words[row[G.basis]])); }
  return node;
};

EG.amount = function (value, unit) {
  return EG.number(value) + (unit ? " " + unit : "");
};

EG.otherGaps = function (data, rows) {
  var node = EG.el("details"), last = -1;
  node.appendChild(EG.el("summary", "", data.text.other_measures));
  if (data.analyses.length === 1) { node.open = true; }
  rows.forEach(function (row) {
    if (row[0] !== last && data.analyses.length > 1) { node.appendChild(EG.el("h4", "", data.analyses[row[0]].title)); }
    last = row[0];
    node.appendChild(EG.gap(data, row, false));
  });
  return node;
};
