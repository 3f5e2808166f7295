// Prints what a release of the `stripe` package for Node declares of the objects: node declared.cjs FOLDER VERSION KINDS
// FOLDER has that release, which pins VERSION, in its node_modules, and `typescript` there or above. KINDS is JSON:
// {"charge": "Stripe.Charge", …}.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const [folder, version] = process.argv.slice(2);
const kinds = JSON.parse(process.argv[4]);
const ts = require(require.resolve("typescript", { paths: [folder] }));

const pinned = require(path.join(folder, "node_modules", "stripe", "cjs", "apiVersion.js")).ApiVersion;
if (pinned !== version) throw new Error(`This release pins ${pinned}, not ${version}`);

const entry = path.join(folder, "entry.mts");
const lines = Object.entries(kinds).map(([kind, type]) => `  ${JSON.stringify(kind)}: ${type};`);
fs.writeFileSync(entry, `import Stripe from "stripe";\nexport interface Kinds {\n${lines.join("\n")}\n}\n`);
const program = ts.createProgram([entry], {
  strict: true,
  skipLibCheck: true,
  module: ts.ModuleKind.Node16,
  target: ts.ScriptTarget.ES2022,
});
const checker = program.getTypeChecker();
const source = program.getSourceFile(entry);
const wrong = program.getSemanticDiagnostics(source);
if (wrong.length) {
  throw new Error(wrong.map((each) => ts.flattenDiagnosticMessageText(each.messageText, "\n")).join("\n"));
}

// Enumerations that are longer say nothing about versions: countries, languages, event types.
const LONGEST = 40;
const EMPTY = ts.TypeFlags.Null | ts.TypeFlags.Undefined;

/** What a type looks like as JSON: a hash of its fields, a list of words, or "" for everything else. */
function shape(type, above) {
  // Newer releases add `string & {}` to enumerations, for words that are still to come.
  const members = (type.isUnion() ? type.types : [type]).filter((each) => !(each.flags & EMPTY) && !each.isIntersection());
  if (members.length && members.every((each) => each.isStringLiteral())) {
    return members.length > LONGEST ? "" : members.map((each) => each.value).sort();
  }
  const hashes = members.filter((each) => each.flags & ts.TypeFlags.Object);
  if (hashes.length !== 1) return "";
  const [hash] = hashes;
  if (checker.isArrayType(hash)) return shape(checker.getTypeArguments(hash)[0], above);
  // Objects with a kind are held against their own class. Decimals are strings in JSON.
  if (above.length && (hash.getProperty("object") || hash.symbol?.name === "Decimal")) return "";
  // Some releases mix up two types of the same name, one inside the other.
  if (above.includes(hash)) return "";
  const fields = {};
  for (const field of checker.getPropertiesOfType(hash)) {
    const optional = field.flags & ts.SymbolFlags.Optional;
    const value = checker.getTypeOfSymbolAtLocation(field, source);
    if (value.getCallSignatures().length) continue;
    fields[field.name + (optional ? "?" : "")] = shape(value, [...above, hash]);
  }
  return checker.getIndexInfosOfType(hash).length ? "" : fields;
}

const declared = {};
ts.forEachChild(source, (node) => {
  if (!ts.isInterfaceDeclaration(node)) return;
  for (const member of node.members) declared[member.name.text] = shape(checker.getTypeAtLocation(member.type), []);
});
process.stdout.write(JSON.stringify(declared));
