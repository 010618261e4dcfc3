// What every page needs: local times, the theme switch, and regions that refresh themselves.
import { localise } from "./local-time.js";

function bindThemeSwitch() {
  const buttons = document.querySelectorAll("[data-theme-choice-button]");
  const mark = () => {
    const current = document.documentElement.dataset.themeChoice;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoiceButton === current));
    }
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      window.traplineTheme.choose(button.dataset.themeChoiceButton);
      mark();
    });
  }
  mark();
}

// A region with data-refresh-seconds is fetched again as often as the server says in its newest copy.
function keepFresh() {
  const region = document.querySelector("[data-refresh-seconds]");
  if (region) setTimeout(() => refresh(region), Number(region.dataset.refreshSeconds) * 1000);
}

async function refresh(region) {
  const isRead = region.contains(document.activeElement) || !getSelection().isCollapsed;
  if (isRead || document.hidden) {
    keepFresh(); // never pull the page away under a reader's hands
    return;
  }
  try {
    const answer = await fetch(window.location.href, { credentials: "same-origin" });
    if (answer.ok && !answer.redirected) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(region.id);
      if (fresh) {
        localise(fresh);
        region.replaceWith(document.adoptNode(fresh));
      }
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // TypeError: the server is away, the next round asks again
  }
  keepFresh();
}

// On a phone the filters start folded unless one of them is wrong.
function foldFilters() {
  const filters = document.querySelector("details.filters");
  if (filters && window.matchMedia("(max-width: 767.98px)").matches && !filters.querySelector(".field-error")) {
    filters.open = false;
  }
}

localise();
bindThemeSwitch();
foldFilters();
keepFresh();
