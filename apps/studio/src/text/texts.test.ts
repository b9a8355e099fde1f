import { describe, expect, it } from "vitest";
import english from "./english.json";
import korean from "./korean.json";
import { fill } from "./messages.ts";
import { speechFor, speechIn } from "./texts.ts";

/** Every message with its path; of a plural, the form that every language has. */
function messagesIn(part: unknown, path = ""): [path: string, message: string][] {
  if (typeof part === "string") return [[path, part]];
  const { one: _, ...others } = part as Record<string, unknown>;
  return Object.entries(others).flatMap(([key, inside]) => messagesIn(inside, `${path}.${key}`));
}
const placesOf = (message: string) => [...message.matchAll(/\{\w+\}/g)].map(String).sort();

describe("the languages of the page", () => {
  it("have the same messages with the same values", () => {
    const inKorean = new Map(messagesIn(korean));
    for (const [path, message] of messagesIn(english)) {
      expect([path, placesOf(inKorean.get(path) ?? "missing")]).toEqual([path, placesOf(message)]);
    }
  });

  it("write numbers and plurals as their speakers do", async () => {
    const [{ texts: en }, { texts: ko }] = await Promise.all([speechIn("en"), speechIn("ko")]);
    expect([en.model.parameters(134_515_008), ko.model.parameters(134_515_008)]).toEqual([
      "135M parameters",
      "매개변수 1.35억 개",
    ]);
    expect([en.teach.count(1, 1200), ko.teach.count(1, 1200)]).toEqual([
      "1 row to learn, 1,200 tokens",
      "배울 행 1개, 토큰 1,200개",
    ]);
    expect([en.train.left(5.25), ko.train.left(5400)]).toEqual(["5.3 s left", "1.5시간 남음"]);
    expect(en.train.progress(2, 8)).toBe("Step 2 of 8");
    expect(en.look.mattering(8, 1)).toContain("1 matters");
  });

  it("are chosen by preference, English if none is known", async () => {
    expect((await speechFor(["fr", "ko-KR", "en"])).language).toBe("ko");
    expect((await speechFor(["fr"])).language).toBe("en");
  });

  it("never show a place without a value", () => {
    expect(() => fill("Step {step} of {steps}", { step: 1 })).toThrow('needs the value "steps"');
  });
});
