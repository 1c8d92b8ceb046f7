/** The shortest password the server takes; longer ones are advised, composition is free. */
export const minPasswordLength = 8
