import type { ParameterDefinition } from "@/api/types";
import type { JsonSchema } from "@/ui";

/** The JSON Schema of one parameter's value. Tables, files and the like are artifacts. */
export function valueSchema(type: ParameterDefinition["type"] = "string"): JsonSchema {
  switch (type) {
    case "json":
    case "any":
      return {};
    case "list":
      return { type: "array" };
    case "text":
      return { type: "string", format: "textarea" };
    case "table":
    case "file":
    case "image":
    case "model":
      return { type: "string", format: "artifact" };
    default:
      return { type };
  }
}

/** The JSON Schema of a pipeline's parameters, so that starting a run is a form like any other. */
export function parametersSchema(parameters: readonly ParameterDefinition[]): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const parameter of parameters) {
    const { name, type, title, description, enum: choices, minimum, maximum } = parameter;
    properties[name] = {
      ...valueSchema(type),
      ...(title ? { title } : { title: name }),
      ...(description ? { description } : {}),
      ...(choices ? { enum: choices } : {}),
      ...(typeof minimum === "number" ? { minimum } : {}),
      ...(typeof maximum === "number" ? { maximum } : {}),
      ...(parameter.default !== undefined && parameter.default !== null ? { default: parameter.default } : {}),
    };
  }
  return {
    type: "object",
    properties,
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  };
}
