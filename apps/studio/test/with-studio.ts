// The built studio for the tests of one `describe`.

import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type BuiltStudio, openBuiltStudio } from "./built-studio.ts";

/** Opens it before the tests and closes it after them; a test fails where something went wrong unseen. */
export function withStudio(
  opened: (studio: BuiltStudio) => void | Promise<void>,
  browserArguments?: readonly string[],
): void {
  let studio: BuiltStudio;
  beforeAll(async () => {
    studio = await openBuiltStudio(browserArguments);
    await opened(studio);
  }, 120_000);
  afterAll(() => studio?.close());
  afterEach(() => expect(studio.complaints).toEqual([]));
}
