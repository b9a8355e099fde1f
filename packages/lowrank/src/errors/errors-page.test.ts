// docs/errors.md is made of the error classes: `npx vitest run --project unit errors-page -u` writes it again.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const intro = `# Errors

Every package throws \`LowrankError\` or a class that extends it. \`error.code\` is stable, so programs compare it and never parse a
message. \`LowrankError.isInstance(error)\` works across copies of the packages. "…" is a value of the case.

| code | class | package | cause | remedy |
|---|---|---|---|---|`;

const root = join(import.meta.dirname, "../../..");
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => /^[^/]+\/src\/.*\.ts$/.test(path) && !/test|\/cli\//.test(path))
  .map((path) => ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest, true));

function all<Kind extends ts.Node>(node: ts.Node, isKind: (one: ts.Node) => one is Kind): readonly Kind[] {
  const inside: Kind[] = isKind(node) ? [node] : [];
  node.forEachChild((child) => void inside.push(...all(child, isKind)));
  return inside;
}

/** The variables of a function and of its file with their values: `const option = named("maxLength")`. */
const variablesAt = (node: ts.Node) =>
  all(node.getSourceFile(), ts.isVariableDeclaration)
    .filter((each) => [undefined, functionOf(node)].includes(functionOf(each)))
    .flatMap(({ name, initializer: value }) =>
      ts.isArrayBindingPattern(name) && value !== undefined && ts.isArrayLiteralExpression(value)
        ? name.elements.map((each, index) => [each.getText(), value.elements[index]?.getText() ?? ""] as const)
        : [[name.getText(), value?.getText() ?? ""] as const],
    );

const functionOf = (node: ts.Node) => ts.findAncestor(node, ts.isFunctionLike);

/** The name of an option that a message has, or "…" for another value. */
function valueIn(node: ts.Expression): string {
  const text = new Map(variablesAt(node)).get(node.getText()) ?? node.getText();
  return /^named\("(\w+)"\)$/.exec(text)?.[1]?.replace(/.*/, "`$&`") ?? "…";
}

/** A message with "…" for each value. Constants are those of the function that makes it. */
function textOf(node: ts.Node | undefined): string {
  if (node === undefined) return "";
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map(({ expression, literal }) => valueIn(expression) + literal.text);
    return node.head.text + spans.join("");
  }
  if (ts.isBinaryExpression(node)) return textOf(node.left) + textOf(node.right);
  if (ts.isConditionalExpression(node)) return textOf(node.whenFalse);
  const body = ts.isIdentifier(node) ? ts.findAncestor(node, ts.isFunctionLike) : undefined;
  const constants = body === undefined ? [] : all(body, ts.isVariableDeclaration);
  const found = constants.filter(({ name, pos }) => name.getText() === node.getText() && pos < node.pos);
  return textOf(found.at(-1)?.initializer);
}

/** The first sentence is the cause, the others are the remedy. */
function sentences(text: string): readonly [string, string] {
  const [, cause = text, remedy = ""] = /^(.*?\.) (?=["A-Z`])(.*)$/.exec(text) ?? [];
  return [cause, remedy];
}

const classes = new Map(
  files.flatMap((file) => all(file, ts.isClassDeclaration)).map((one) => [one.name?.text ?? "", one]),
);
const isMaking = (node: ts.Node): node is ts.CallExpression | ts.NewExpression =>
  (ts.isCallExpression(node) && /^(super|failure|namingFailure)$/.test(node.expression.getText())) ||
  (ts.isNewExpression(node) && classes.has(node.expression.getText()));
const isCode = (node: ts.Node) =>
  ts.isStringLiteral(node) && /^([A-Z][A-Z_0-9]{3,}|([A-Z][a-z]+){2,})$/.test(node.text);

function rowsOf(making: ts.CallExpression | ts.NewExpression): readonly string[] {
  const given = making.arguments ?? [];
  const index = given.findIndex(isCode);
  const code = textOf(given[index]);
  const made = making.expression.getText();
  const owner = made === "super" ? ts.findAncestor(making, ts.isClassDeclaration) : classes.get(made);
  const described = owner ?? ts.findAncestor(making, ts.isFunctionDeclaration);
  const [comment] = described === undefined ? [] : ts.getJSDocCommentsAndTags(described).filter(ts.isJSDoc);
  const doc = (ts.getTextOfJSDocComment(comment?.comment) ?? "").replaceAll("\n", " ");
  const ofDoc = sentences(doc.replace(/^Throws [A-Z_]+: a/, "A"));
  const own = sentences(textOf(given[index + 1]).replaceAll("\n", " "));
  const [words = [], gaps = []] = [/[a-z]+/gi, /…/g].map((each) => own[0].match(each) ?? []);
  const isSentence = words.length > gaps.length && own[0].split(/[^a-z]+/i).length > 3;
  const isOwn = (classes.has(made) || ofDoc[1] === "") && isSentence;
  const [cause, remedy] = isOwn ? [own[0], own[1] || ofDoc[1]] : [ofDoc[0], ofDoc[1] || own[1]];
  const name = making.getSourceFile().fileName.split("/")[0] ?? "";
  const cells = [`\`${code}\``, owner?.name?.text ?? "LowrankError", name, cause, remedy];
  return index === -1 ? [] : [`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`];
}

it("has a page with every error", async () => {
  const rows = files.flatMap((file) => all(file, isMaking).flatMap(rowsOf));
  const byCode = new Map(rows.reverse().map((row) => [row.split(" | ", 3).join(), row]));
  const page = [intro, ...[...byCode.values()].sort()].join("\n");
  expect(rows.filter((row) => row.endsWith("|  |"))).toEqual([]);
  await expect(`${page}\n`).toMatchFileSnapshot("../../../../docs/errors.md");
});
