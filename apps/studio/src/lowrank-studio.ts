// `lowrank-studio.js` of the published studio: `<lowrank-studio>`, the studio as a frame in any page. Attributes: `preset`, an
// example of the first screen; `lang`, "en" or "ko"; `height` in pixels (default: 900).

const script = import.meta.url;

class LowrankStudio extends HTMLElement {
  connectedCallback(): void {
    const page = new URL("./", script);
    for (const name of ["preset", "lang"]) {
      const value = this.getAttribute(name);
      if (value !== null) page.searchParams.set(name, value);
    }
    const frame = document.createElement("iframe");
    frame.title = "lowrank studio";
    frame.loading = "lazy";
    frame.allow = "clipboard-write; cross-origin-isolated";
    frame.src = page.href;
    frame.style.cssText = `display: block; width: 100%; height: ${Number(this.getAttribute("height")) || 900}px; border: 0`;
    // Not among the element's own children, which are for browsers without scripts.
    (this.shadowRoot ?? this.attachShadow({ mode: "open" })).replaceChildren(frame);
  }
}

if (customElements.get("lowrank-studio") === undefined) customElements.define("lowrank-studio", LowrankStudio);
