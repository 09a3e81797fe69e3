"use strict";

// Shows the service's OpenAPI description; FastAPI's own page for this loads its scripts from another site.

function make(tag, ...content) {
  const made = document.createElement(tag);
  made.append(...content);
  return made;
}

/** A type and its bounds in a few words. */
function typeOf(schema) {
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  const bounds = [
    schema.minimum !== undefined && `from ${schema.minimum}`,
    schema.maximum !== undefined && `to ${schema.maximum}`,
    schema.exclusiveMaximum !== undefined && `below 2^${Math.log2(schema.exclusiveMaximum)}`,
  ].filter(Boolean).join(" ");
  return [schema.type, bounds].filter(Boolean).join(" ");
}

function table(rows) {
  return make("table", ...rows.map((cells) => make("tr", ...cells.map((cell) => make("td", cell)))));
}

function fields(schema) {
  return table(Object.entries(schema.properties).map(([name, field]) => [
    make("code", name),
    typeOf(field) + (field.default === undefined || field.default === null ? "" : `; ${field.default} if left out`),
    field.description ?? "",
  ]));
}

function operation(method, path, described, schemas) {
  const name = make("code", `${method.toUpperCase()} ${path}`);
  const section = make("section", make("h2", name), make("p", described.summary));
  for (const text of (described.description ?? "").split("\n\n")) section.append(make("p", text.replaceAll("`", "")));
  for (const [type, { schema }] of Object.entries(described.requestBody?.content ?? {})) {
    section.append(make("h3", `Body: ${type}`), fields(schemas[schema.$ref.split("/").pop()]));
  }
  section.append(make("h3", "Answers"));
  section.append(table(Object.entries(described.responses).map(([status, { description, content }]) => [
    make("code", status), description.replaceAll("`", ""), Object.keys(content ?? {}).join(", "),
  ])));
  return section;
}

document.getElementById("call").textContent
  = `curl -F photo=@photo.jpg -F seed=3 -H 'Accept: image/*' ${new URL("v1/colorize", location)} -o photo.color.png`;
fetch("openapi.json").then((response) => response.json()).then(({ paths, components }) => {
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, described] of Object.entries(methods)) {
      document.getElementById("api").append(operation(method, path, described, components.schemas));
    }
  }
});
