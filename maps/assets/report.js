"use strict";
(function () {
  var more = document.getElementById("more"), table = document.getElementById("ranking-table");
  if (more) {
    more.addEventListener("click", function () {
      table.classList.remove("folded");
      more.hidden = true;
    });
  }
  document.getElementById("print").addEventListener("click", function () { window.print(); });
}());
