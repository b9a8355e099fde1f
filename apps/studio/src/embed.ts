// `embed.js` of the published studio: the library as a module that any page imports by its address. `snippets.ts` writes such pages.

export { openModel } from "lowrank/browser";
