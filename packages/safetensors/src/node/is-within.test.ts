import { posix, win32 } from "node:path";
import { describe, expect, it } from "vitest";
import { isWithin } from "./is-within.ts";

describe("isWithin", () => {
  it.each([
    ["/a", "/a", true],
    ["/a/b/c", "/a", true],
    ["/a/..b", "/a", true],
    ["/a", "/", true],
    ["/ab", "/a", false],
    ["/", "/a", false],
    ["/b", "/a", false],
  ])("on POSIX: %s in %s is %s", (path, folder, expected) => {
    expect(isWithin(path, folder, posix)).toBe(expected);
  });

  it.each([
    ["C:\\a\\b", "C:\\a", true],
    ["c:\\A\\b", "C:\\a", true],
    ["C:\\a", "C:\\", true],
    ["C:\\ab", "C:\\a", false],
    ["C:\\", "C:\\a", false],
    ["Z:\\b", "C:\\a", false],
    ["C:\\a", "Z:\\", false],
    ["\\\\server\\share\\a", "C:\\a", false],
    ["C:\\a", "\\\\server\\share", false],
    ["\\\\server\\share\\a\\b", "\\\\server\\share\\a", true],
  ])("on Windows: %s in %s is %s", (path, folder, expected) => {
    expect(isWithin(path, folder, win32)).toBe(expected);
  });
});
