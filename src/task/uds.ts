/** Where the folder of a task's unix socket (`udsPath`) is seen inside its container, as in Fn. */
export const udsTarget = '/tmp/iofs'
