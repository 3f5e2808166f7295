// Prints what one release of the `stripe` package for Node declares of the objects: node declared.cjs FOLDER KINDS
// FOLDER has that release and `typescript` in its node_modules, KINDS is JSON: {"charge": "Stripe.Charge", …}.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const [folder, kinds] = [process.argv[2], JSON.parse(process.argv[3])];
const ts = require(path.join(folder, "node_modules", "typescript"));

const entry = path.join(folder, "entry.ts");
const lines = Object.entries(kinds).map(([kind, type]) => `  ${JSON.stringify(kind)}: ${type};`);
fs.writeFileSync(entry, `import Stripe from "stripe";\nexport interface Kinds {\n${lines.join("\n")}\n}\n`);
const program = ts.createProgram([entry], {
  strict: true,
  skipLibCheck: true,
  esModuleInterop: true,
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Node10,
  target: ts.ScriptTarget.ES2022,
  ignoreDeprecations: "6.0",
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
function shape(type, depth) {
  const members = (type.isUnion() ? type.types : [type]).filter((each) => !(each.flags & EMPTY));
  if (members.length && members.every((each) => each.isStringLiteral())) {
    return members.length > LONGEST ? "" : members.map((each) => each.value).sort();
  }
  const hashes = members.filter((each) => each.flags & ts.TypeFlags.Object);
  if (hashes.length !== 1) return "";
  const [hash] = hashes;
  if (checker.isArrayType(hash)) return shape(checker.getTypeArguments(hash)[0], depth);
  // Objects with a kind are held against their own class. Decimals are strings in JSON.
  if (depth && (hash.getProperty("object") || hash.symbol?.name === "Decimal")) return "";
  const fields = {};
  for (const field of checker.getPropertiesOfType(hash)) {
    const optional = field.flags & ts.SymbolFlags.Optional;
    const value = checker.getTypeOfSymbolAtLocation(field, source);
    if (value.getCallSignatures().length) continue;
    fields[field.name + (optional ? "?" : "")] = shape(value, depth + 1);
  }
  return Object.keys(fields).length ? fields : "";
}

const declared = {};
ts.forEachChild(source, (node) => {
  if (!ts.isInterfaceDeclaration(node)) return;
  for (const member of node.members) declared[member.name.text] = shape(checker.getTypeAtLocation(member.type), 0);
});
process.stdout.write(JSON.stringify(declared));
