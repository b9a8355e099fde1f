import { describe, expect, it } from "vitest";
import { namedReward } from "./named-reward.ts";
import { scoreCompletions } from "./score-completions.ts";

const schema = { type: "object", required: ["name"], properties: { name: { type: "string" } } };
const texts = { input: "{{sample.output_text}}", reference: "{{ item.answer }}" };
const files = new Map<string, unknown>([
  ["schema.json", schema],
  ["old.json", { ...schema, $schema: "http://json-schema.org/draft-07/schema#" }],
  ["list.json", []],
  ["wrong.json", { type: "objekt" }],
  ["same.json", { type: "string_check", operation: "eq", ...texts }],
  [
    "in.json",
    {
      type: "string_check",
      operation: "ilike",
      input: "{{ sample.output_json.said }}",
      reference: "A{{item.answer}}",
    },
  ],
  ["python.json", { type: "python", source: "def grade(sample, item): return 1" }],
  ["space.json", { type: "string_check", operation: "eq", input: "{{ process.env }}", reference: "" }],
]);
const readFile = async (path: string) => {
  if (!files.has(path)) throw new Error(`no such file, open '${path}'`);
  return JSON.stringify(files.get(path));
};

/** A judge that always replies the same, and what it was asked. */
function judge(reply: string, status = 200) {
  const asked: unknown[] = [];
  const fetch = async (url: unknown, { headers, body }: { headers?: unknown; body?: unknown } = {}) => {
    asked.push({ url, headers, body: JSON.parse(String(body)) });
    return new Response(JSON.stringify({ choices: [{ message: { content: reply } }] }), { status });
  };
  return { asked, fetch, apiKey: "secret", readFile };
}

async function totals(text: string, completions: readonly string[], row: Record<string, unknown> = {}, of = judge("")) {
  const inputs = completions.map((completion) => ({ prompt: "Who?", completion, row }));
  return (await scoreCompletions(inputs, { reward: await namedReward(text, of), timeout: 5, concurrency: 1 })).totals;
}

describe("a built-in reward", () => {
  it.each(["schema.json", "old.json"])("json-schema:%s gives 1, 0.5 for other JSON, and 0", async (file) => {
    const completions = [' {"name": "Ada"}\n', '{"name": 5}', '{"name": "Ada"', "[".repeat(100_000)];
    expect(await totals(`json-schema:${file}`, completions)).toEqual([1, 0.5, 0, 0]);
  });

  it.each([
    ["regex:^(a+)+: \\d$", ["aa: 1", "aa: x", `${"a".repeat(50_000)}!`], [1, 0, 0]], // in linear time
    ["length:4", ["a b c d", "a b c", " a b c d e f ", "", "a ".repeat(20)], [1, 0.75, 0.5, 0, 0]],
    ["exact-match", [" 42\n", "4"], [1, 0]],
    ["grader:same.json", ["42", " 42"], [1, 0]],
    ["grader:in.json", ['{"said": "oh a42"}', '{"says": "a42"}', "a42"], [1, 0, 0]],
  ])("%s", async (text, completions, rewards) => {
    expect(await totals(text, completions, { answer: 42 })).toEqual(rewards);
  });

  // By rapidfuzz 3.14, rouge-score 0.1 and nltk 3.10 (sentence_gleu of words in lower case).
  it.each([
    ["fuzzy_match", [0.76, 10 / 13, 0]],
    ["gleu", [9 / 22, 7 / 13, 0]],
    ["rouge_1", [10 / 13, 5 / 7, 0]],
    ["rouge_2", [6 / 11, 2 / 3, 0]],
    ["rouge_5", [0, 1 / 3, 0]],
    ["rouge_l", [10 / 13, 5 / 7, 0]],
  ])("grader:<file> compares texts by %s", async (evaluation_metric, scores) => {
    const of = {
      ...judge(""),
      readFile: async () => JSON.stringify({ type: "text_similarity", evaluation_metric, ...texts }),
    };
    const pairs = [
      ["The cat sat on the mat today.", "the cat is on the mat"],
      ["a b c d e f", "a b c d e g a b"],
      ["abc", ""],
    ] as const;
    for (const [index, [text, answer]] of pairs.entries())
      expect((await totals("grader:any.json", [text], { answer }, of))[0]).toBeCloseTo(scores[index] ?? Number.NaN, 9);
    await expect(totals("grader:any.json", ["a"], { other: 1 }, of)).rejects.toThrow("the row has no");
  });

  it("lm-judge asks a chat model for a number from 0 to 10", async () => {
    const of = judge("7.5 / 10");
    expect(await totals("lm-judge:http://localhost:1/v1/#m", ["Ada"], {}, of)).toEqual([0.75]);
    const messages = [{ role: "system" }, { content: "Prompt:\nWho?\n\nAnswer:\nAda" }];
    const url = "http://localhost:1/v1/chat/completions";
    expect(of.asked).toMatchObject([
      { url, headers: { authorization: "Bearer secret" }, body: { model: "m", messages } },
    ]);
  });

  it.each([
    ["lm-judge:https://judge/v1#m", judge("11"), "the judge replied"],
    ["lm-judge:https://judge/v1#m", judge("good"), "not a number from 0 to 10"],
    ["lm-judge:https://judge/v1#m", judge("5", 401), "answered 401"],
    ["lm-judge:https://judge/v1#m", judge("5".repeat(2 ** 20)), "more than 1048576 bytes"],
    ["exact-match", judge(""), "the row has no"],
  ])("%s that cannot judge ends the step", async (text, of, said) => {
    await expect(totals(text, ["Ada"], {}, of)).rejects.toThrow(said);
  });

  it.each([
    ["json-shema:schema.json", "Did you mean json-schema?"],
    ["politeness", "Pass a .ts, .js or .mjs file, or one of json-schema:<file>, grader:<file>"],
    ["regex", "expected regex:<pattern>"],
    ["exact-match:answer", "expected exact-match"],
    ["regex:(", "missing closing )"],
    ["length:many", "expected a number of words"],
    ["json-schema:none.json", "no such file"],
    ["json-schema:list.json", "the file has no JSON Schema"],
    ["json-schema:wrong.json", "type"],
    ["grader:python.json", 'type is "python"; expected string_check, text_similarity'],
    ["grader:space.json", "expected a text with {{item.<field>}}"],
    ["lm-judge:./smollm2", "expected a URL and a model"],
  ])("of the name %s is refused", async (text, said) => {
    await expect(namedReward(text, judge(""))).rejects.toMatchObject({ code: "WRONG_USAGE" });
    await expect(namedReward(text, judge(""))).rejects.toThrow(said);
  });
});
