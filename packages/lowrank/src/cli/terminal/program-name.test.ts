import { expect, it } from "vitest";
import { programName } from "../io.ts";

it("is the script of the repository for somebody who came by it, so that a printed command can be repeated", () => {
  expect(programName({ environment: { npm_lifecycle_event: "lowrank" } })).toBe("npm run lowrank --");
});

it("is npx lowrank under npx, where the program need not be on the path", () => {
  expect(programName({ environment: { npm_lifecycle_event: "npx", npm_command: "exec" } })).toBe("npx lowrank");
});

it("is lowrank otherwise, also in a user's own script", () => {
  expect(programName({ environment: {} })).toBe("lowrank");
  expect(programName({ environment: { npm_lifecycle_event: "train" } })).toBe("lowrank");
});
