// SECURITY.md names the test that holds each promise; a test that was moved must not leave the promise behind.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);

it("SECURITY.md names tests and pages that are there", () => {
  const page = readFileSync(new URL("SECURITY.md", root), "utf8");
  const tests = [...page.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, path = ""]) => path);
  const links = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, path = ""]) => path);
  expect(tests.length).toBeGreaterThan(20);
  expect([...tests, ...links].filter((path) => !existsSync(fileURLToPath(new URL(path, root))))).toEqual([]);
});
