import { describe, expect, it } from "vitest";
import { type ReportFacts, reportPage } from "./report-page.ts";
import { runCurves } from "./run-curves.ts";

const line = (facts: object) => `${JSON.stringify(facts)}\n`;
const step = (at: number, loss: number) => line({ step: at, loss, learningRate: 1e-4, gradientNorm: 0.5 });
const plain: ReportFacts = {
  title: "An adapter of tiny",
  metrics: [line({ step: 0, validation: { loss: 4.5, accuracy: 0.25 } }), step(1, 4), step(2, 3)],
  settings: [["rank", 8]],
  data: [["rows to train on", 240]],
  environment: [["engine", "native"]],
};

const hostile = `</pre><script>alert("x")</script><img src=x onerror='alert(1)'>&lt;\u0000`;
const indices: Readonly<Record<string, Partial<ReportFacts>>> = {
  title: { title: hostile },
  "name of a setting": { settings: [[hostile, 1]] },
  setting: { settings: [["template", hostile]] },
  "class's name": { data: [[`rows of class ${hostile}`, 3]] },
  machine: { environment: [["processor", hostile]] },
  prompt: { samples: [{ prompt: hostile, expected: "", before: "", after: "" }] },
  answer: { samples: [{ prompt: "", expected: hostile, before: "", after: "" }] },
  "text of the base": { samples: [{ prompt: "", expected: "", before: hostile, after: "" }] },
  "text of the adapter": { samples: [{ prompt: "", expected: "", before: "", after: hostile }] },
  recipe: { recipe: hostile },
  "name of a metric": { metrics: [line({ step: 1, validation: { [hostile]: 1 } })] },
  "name of a reward": { metrics: [line({ step: 1, loss: 0, metrics: { [`reward/${hostile}`]: 1 } })] },
};

describe("a report", () => {
  it.each(Object.entries(indices))("shows a hostile %s as text", (_, facts) => {
    const page = reportPage({ ...plain, ...facts });
    const tags = [...page.matchAll(/<\/?([a-z0-9!]+)/gi)].map(([, name]) => name?.toLowerCase());
    expect(tags).not.toContain("script");
    expect(tags).not.toContain("img");
    expect(page).toContain("&lt;/pre&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;");
    expect(page).toContain("&amp;lt;\ufffd");
  });

  it("loads nothing from elsewhere and forbids it to the browser", () => {
    const page = reportPage({ ...plain, recipe: "model: a" });
    expect(page).not.toMatch(/(src=|href=|url\(|@import|https?:)/);
    expect(page).toContain("default-src 'none'");
  });

  it("draws each curve that has points, describes its end, and leaves out the others", () => {
    const page = reportPage(plain);
    expect(page.match(/<polyline/g)).toHaveLength(5); // loss, smoothed, validation; learning rate; gradient norm
    expect(page).toContain('aria-label="Loss by step; at the end training 3, smoothed 3.474, validation 4.5"');
    expect(page).toContain('<th scope="col">accuracy</th>');
    expect(reportPage({ ...plain, metrics: [] })).not.toContain("<svg");
    expect(page).not.toContain("NaN");
  });

  it("draws the reward of a run that has one, and its parts, before the loss", () => {
    const metrics = [1, 2].map((at) => line({ step: at, loss: 0, metrics: { reward: at / 4, "reward/json": at } }));
    const titles = [...reportPage({ ...plain, metrics }).matchAll(/<figcaption>([^<]+)/g)].map(([, title]) => title);
    expect(titles).toEqual(["reward", "reward/json", "Loss"]);
    expect(reportPage({ ...plain, metrics })).toContain('aria-label="reward by step; at the end batch 0.5"');
  });

  it("keeps every peak of a long run in a picture of bounded size", () => {
    const metrics = Array.from({ length: 20_000 }, (_, at) => step(at + 1, at === 12_345 ? 99 : 1));
    const page = reportPage({ ...plain, metrics });
    expect(page.length).toBeLessThan(100_000);
    const highest = [...page.matchAll(/class="plain" points="([^"]+)"/g)][0]?.[1] ?? "";
    expect(highest.split(" ").some((point) => point.endsWith(",12.0"))).toBe(true);
  });

  it("is light or dark as the reader's system is", () => {
    expect(reportPage(plain)).toContain("prefers-color-scheme: dark");
  });
});

it("steps that were left out, and values that are no numbers, are no points", () => {
  const curves = runCurves([
    step(1, 2),
    line({ step: 2, skipped: "loss", value: "NaN" }),
    line({ step: 3, loss: null }),
  ]);
  expect(curves).toMatchObject({ loss: [[1, 2]], skipped: [2] });
});
