// Where things are: in the repository and on the web.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../../..");

/** The pages of the API, which each build writes again. */
export const apiFolder = join(root, "apps/site/api");

/** The built site. */
export const outFolder = join(root, "dist/docs");

export const repository = "https://github.com/lowrank/lowrank";
export const rawFiles = "https://raw.githubusercontent.com/lowrank/lowrank/main";
export const siteOrigin = "https://lowrank.github.io";
/** The site's path on its host. */
export const base = "/lowrank/";

/** The manifest of the package `lowrank`, whose version and description are the site's. */
export const manifest = JSON.parse(readFileSync(join(root, "packages/lowrank/package.json"), "utf8")) as {
  readonly version: string;
  readonly description: string;
};
