/**
 * Fails when a catalogue lacks a key or has one too many, when its placeholders differ, or when a key
 * is used that does not exist or exists and is not used. Run by `npm run i18n:check`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import ts from "typescript";

const source = fileURLToPath(new URL("../src/", import.meta.url));
const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };

async function catalogue(language) {
  const code = readFileSync(join(source, "i18n", `${language}.ts`), "utf8");
  const { outputText } = ts.transpileModule(code, { compilerOptions: options });
  const module = await import(`data:text/javascript;base64,${Buffer.from(outputText).toString("base64")}`);
  return new Map(flat(module.default));
}

function flat(words, prefix = "") {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === "string" ? [[prefix + key, value]] : flat(value, `${prefix}${key}.`),
  );
}

/**
 * Keys as written in code; a `${…}` in one stands for anything. The value is the file when the key is
 * given to t() at once, so that one which does not exist is surely a mistake.
 */
function used(known) {
  const roots = new Set([...known.keys()].map((key) => key.split(".")[0]));
  const files = readdirSync(source, { recursive: true }).filter((name) => /\.(vue|ts)$/.test(name) && !name.startsWith("i18n"));
  const keys = new Map();
  for (const file of files) {
    const code = readFileSync(join(source, file), "utf8");
    for (const [, call, , text] of code.matchAll(/(\bte?\()?(["'`])([a-zA-Z]+\.(?:(?!\2)[^\s\n]|(?<=\$\{[^}]*)\s)+?)\2/g)) {
      if (roots.has(text.split(".")[0])) keys.set(text, call === undefined ? keys.get(text) : file);
    }
  }
  return keys;
}

const [en, zh] = await Promise.all([catalogue("en"), catalogue("zh")]);
const problems = [];
const placeholders = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join(" ");

for (const key of en.keys()) if (!zh.has(key)) problems.push(`zh lacks ${key}`);
for (const key of zh.keys()) if (!en.has(key)) problems.push(`en lacks ${key}`);
for (const [key, text] of en) {
  if (zh.has(key) && placeholders(text) !== placeholders(zh.get(key))) problems.push(`${key}: other placeholders in zh`);
  if (text.trim() === "" || zh.get(key)?.trim() === "") problems.push(`${key} is empty`);
}

const keys = used(en);
const seen = new Set();
for (const [key, file] of keys) {
  const pattern = new RegExp(`^${key.split(/\$\{[^}]*\}/).map((part) => part.replace(/[.\\+*?^$()[\]{}|]/g, "\\$&")).join("\\w+")}$`);
  const matched = [...en.keys()].filter((known) => pattern.test(known));
  if (matched.length === 0 && file !== undefined) problems.push(`${file} uses ${key}, which does not exist`);
  for (const one of matched) seen.add(one);
}
for (const key of en.keys()) if (!seen.has(key)) problems.push(`${key} is not used`);

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${en.size} keys in en and zh, all used`);
