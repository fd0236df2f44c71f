export const getTools = () => [
  {
    name: 'pay',
    description: 'Pay an amount',
    handler: async ({ amount }: { amount: number }) => {
      if (amount > 3) throw new RangeError(`${amount} is too much`);
      return { paid: amount };
    },
  },
];
