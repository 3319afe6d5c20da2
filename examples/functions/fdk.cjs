// A function on Fn's own kit, the npm package @fnproject/fdk as it is.
const fdk = require('@fnproject/fdk')

fdk.handle((input, context) => {
  context.httpGateway.statusCode = 201 // reaches the caller as the response's status
  return { message: `Hello ${input.name ?? 'you'}`, deadline: context.deadline }
})
