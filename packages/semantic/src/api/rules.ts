/**
 * What each kind of change means to those who call an interface, in one table: what is breaking, which version it needs and
 * what a caller is to do are read here and nowhere else.
 *
 * `request` is said of what callers send, `response` of what they are sent. In a callback and a webhook it is the interface
 * that calls, and the two change places.
 */
export type Level = "breaking" | "compatible" | "documentation" | "unknown";
export const LEVELS = ["breaking", "compatible", "documentation", "unknown"] as const satisfies readonly Level[];

export type Flow = "request" | "response";
export type Rule = { request: Level; response: Level; means: string; advice: string };

const [B, C, D, U] = ["breaking", "compatible", "documentation", "unknown"] as const;
const rule = (request: Level, response: Level, means: string, advice: string): Rule => {
  return { request, response, means, advice };
};
const NOTHING = "Nothing has to be done.";
const SEND = "Send only what is still accepted.";
const READ = "Be ready to read what may come now.";
const LOOK = "Read both texts: it is not known what this change does.";

// biome-ignore format: a table reads by its columns
export const RULES = {
  // Paths and operations
  path_removed: rule(B, B, "a path is gone", "Stop calling it, or call what takes its place."),
  path_added: rule(C, C, "a path is new", NOTHING),
  operation_removed: rule(B, B, "an operation is gone", "Stop calling it, or call what takes its place."),
  operation_added: rule(C, C, "an operation is new", NOTHING),
  operation_id_changed: rule(C, C, "an operation has another operationId", "Make generated clients anew: their method has another name."),
  deprecated: rule(C, C, "something is deprecated", "Look for what takes its place before it goes."),
  undeprecated: rule(C, C, "something is no longer deprecated", NOTHING),
  server_removed: rule(B, B, "a server is gone", "Call one of the servers that are left."),
  server_added: rule(C, C, "a server is new", NOTHING),
  callback_removed: rule(B, B, "a callback or webhook is gone", "Nobody calls you there any more: find out otherwise."),
  callback_added: rule(C, C, "a callback or webhook is new", "Be ready to be called there, if you ask for it."),
  // Security
  security_tightened: rule(B, B, "a way to authenticate is gone or needs more", "Authenticate in one of the ways that are left."),
  security_loosened: rule(C, C, "there is another way to authenticate, or none is needed", NOTHING),
  security_scheme_changed: rule(B, B, "a scheme of authentication is another one", "Authenticate as the scheme says now."),
  // Parameters and headers
  required_parameter_added: rule(B, C, "a parameter is new, and required", "Send it with each call."),
  parameter_added: rule(C, C, "a parameter is new, and optional", NOTHING),
  parameter_removed: rule(B, B, "a parameter is gone", "Do not count on it: it is refused or has no effect."),
  parameter_required: rule(B, C, "a parameter is required now", "Send it with each call."),
  parameter_optional: rule(C, B, "a parameter is no longer required", "Be ready to do without it."),
  parameter_renamed: rule(C, C, "a parameter of a path has another name", "Make generated clients anew: their argument has another name."),
  serialization_changed: rule(B, B, "values are written in another way", "Write and read the values as it says now."),
  header_removed: rule(C, B, "a header is gone", "Do without it."),
  header_added: rule(C, C, "a header is new", NOTHING),
  header_required: rule(B, C, "a header is always there now", NOTHING),
  header_optional: rule(C, B, "a header may be missing now", "Be ready to do without it."),
  // Bodies and responses
  required_body_added: rule(B, C, "a body is new, and required", "Send one with each call."),
  body_added: rule(C, C, "a body is new, and optional", NOTHING),
  body_removed: rule(B, B, "a body is gone", "Do not send or await one."),
  body_required: rule(B, C, "a body is required now", "Send one with each call."),
  body_optional: rule(C, B, "a body is no longer required", "Be ready to do without it."),
  media_type_removed: rule(B, B, "a media type is gone", "Use one of the media types that are left."),
  media_type_added: rule(C, C, "a media type is new", NOTHING),
  success_removed: rule(B, B, "an answer that is no failure is gone", "Await one of the answers that are left."),
  failure_removed: rule(C, C, "an answer that is a failure is gone", NOTHING),
  response_added: rule(C, C, "an answer is new", "Be ready for another status."),
  // Values
  type_narrowed: rule(B, C, "fewer types are possible", SEND),
  type_widened: rule(C, B, "more types are possible", READ),
  type_changed: rule(B, B, "other types are possible", "Send and read the type that it says now."),
  null_removed: rule(B, C, "it cannot be null any more", SEND),
  null_added: rule(C, B, "it may be null now", "Be ready for null."),
  enum_value_removed: rule(B, C, "a value is no longer possible", SEND),
  enum_value_added: rule(C, B, "another value is possible", READ),
  enum_imposed: rule(B, C, "only listed values are possible now", SEND),
  enum_lifted: rule(C, B, "any value is possible, not only listed ones", READ),
  range_narrowed: rule(B, C, "fewer numbers are possible", SEND),
  range_widened: rule(C, B, "more numbers are possible", READ),
  length_narrowed: rule(B, C, "fewer lengths of a text are possible", SEND),
  length_widened: rule(C, B, "more lengths of a text are possible", READ),
  size_narrowed: rule(B, C, "fewer lengths of a list or sizes of an object are possible", SEND),
  size_widened: rule(C, B, "more lengths of a list or sizes of an object are possible", READ),
  unique_required: rule(B, C, "items must differ now", SEND),
  unique_lifted: rule(C, B, "items may be equal now", READ),
  multiple_changed: rule(B, B, "it must be a multiple of another number", "Send and read what is possible now."),
  pattern_added: rule(B, C, "a text must match a pattern now", SEND),
  pattern_removed: rule(C, B, "a text need not match a pattern any more", READ),
  pattern_changed: rule(B, B, "a text must match another pattern", "Send and read what is possible now."),
  format_added: rule(B, C, "it has a format now", SEND),
  format_removed: rule(C, B, "it has no format any more", READ),
  format_narrowed: rule(B, C, "its format has room for less", SEND),
  format_widened: rule(C, B, "its format has room for more", READ),
  format_changed: rule(B, B, "it has another format", "Send and read the format that it says now."),
  default_added: rule(C, C, "there is a default now", NOTHING),
  default_changed: rule(B, C, "the default is another one, or gone", "Send the value that you count on."),
  // Objects
  required_property_added: rule(B, C, "a property is new, and required", "Send it each time."),
  property_added: rule(C, C, "a property is new", NOTHING),
  property_removed: rule(B, B, "a property is gone", "Do not send it, and do not count on it."),
  property_required: rule(B, C, "a property is required now", "Send it each time."),
  property_optional: rule(C, B, "a property may be missing now", "Be ready to do without it."),
  other_properties_forbidden: rule(B, C, "there may be no other properties any more", SEND),
  other_properties_allowed: rule(C, C, "there may be other properties", "Ignore the properties that you do not know."),
  // Alternatives
  alternative_removed: rule(B, C, "one of several shapes is gone", SEND),
  alternative_added: rule(C, B, "there is another shape", READ),
  alternatives_changed: rule(U, U, "shapes are put together in another way", LOOK),
  discriminator_changed: rule(B, B, "shapes are told apart in another way", "Tell them apart as it says now."),
  // What is not looked into
  keyword_changed: rule(U, U, "a keyword that is not compared says something else", LOOK),
  field_changed: rule(U, U, "a field that is not compared says something else", LOOK),
  reference_unknown: rule(U, U, "a reference leads elsewhere, or nowhere that could be looked at", LOOK),
  dialect_changed: rule(U, U, "schemas are of another dialect", LOOK),
  documentation_changed: rule(D, D, "words, examples, extensions or what no operation uses", NOTHING),
} as const satisfies Readonly<Record<string, Rule>>;

export type Kind = keyof typeof RULES;
export const KINDS = Object.keys(RULES) as [Kind, ...Kind[]]; // a table with rows

/** What a project calls a kind otherwise than the table. */
export type Overrides = Readonly<Partial<Record<Kind, Level>>>;

export const levelOf = (kind: Kind, flow: Flow, overrides: Overrides): Level => overrides[kind] ?? RULES[kind][flow];
