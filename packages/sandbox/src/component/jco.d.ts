// The generated binding is taken as a file and not as code: the program that transpiles puts it beside its modules.
declare module "@bytecodealliance/jco-transpile/component" {
  const path: string;
  export default path;
}
