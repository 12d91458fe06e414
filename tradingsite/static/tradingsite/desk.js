// Gives every cell of an admin list its column's name, so that the style sheet can lay a row out as a card on a phone.
"use strict";
for (const table of document.querySelectorAll("#result_list, .inline-group table")) {
    const names = [...table.querySelectorAll("thead th")].map((th) => th.textContent.trim());
    for (const row of table.querySelectorAll("tbody tr")) {
        [...row.children].forEach((cell, place) => {
            cell.dataset.label = names[place] || "";
        });
    }
}
