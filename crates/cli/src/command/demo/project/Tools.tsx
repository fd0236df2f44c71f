// Tools.tsx
export const getTools = () => [
  {
    name: 'send_email',
    description: 'Send an email',
    handler: async ({ to, subject, body }) => {
      // SENDGRID_API_KEY is automatically available
      const response = await fetch('https://api.sendgrid.com/v3/mail/send', {
        method: 'POST',
        headers: {
          'Authorization': `Bearer ${process.env.SENDGRID_API_KEY}`,
          'Content-Type': 'application/json'
        },
        body: JSON.stringify({ to, subject, body })
      });
      return { sent: response.ok };
    }
  }
];
