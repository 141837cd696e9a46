// Structs in arrays and fields, properties, enums in a switch, a fixed-point money type.
using System;

enum Kind : byte { Deposit = 1, Withdraw, Interest }

struct Money
{
    readonly long cents;
    public Money(long cents) { this.cents = cents; }
    public static Money operator +(Money a, Money b) { return new Money(a.cents + b.cents); }
    public static Money operator -(Money a, Money b) { return new Money(a.cents - b.cents); }
    public static bool operator <(Money a, Money b) { return a.cents < b.cents; }
    public static bool operator >(Money a, Money b) { return a.cents > b.cents; }
    public Money Percent(int p) { return new Money(cents * p / 100); }
    public override string ToString()
    {
        return cents / 100 + "." + (Math.Abs(cents) % 100).ToString("D2");
    }
}

struct Entry
{
    public Kind Kind;
    public Money Amount;
    public short Day;
}

sealed class Account
{
    readonly string owner;
    Money balance;
    Entry[] entries = new Entry[2];
    int count;

    public Account(string owner) { this.owner = owner; }
    public Money Balance { get { return balance; } }

    public bool Apply(Kind kind, Money amount, short day)
    {
        switch (kind)
        {
            case Kind.Deposit: balance += amount; break;
            case Kind.Withdraw:
                if (balance < amount) return false;
                balance -= amount;
                break;
            case Kind.Interest: amount = balance.Percent(3); balance = balance + amount; break;
        }
        if (count == entries.Length)
        {
            Entry[] more = new Entry[count * 2];
            Array.Copy(entries, more, count);
            entries = more;
        }
        entries[count++] = new Entry { Kind = kind, Amount = amount, Day = day };
        return true;
    }

    public void Print()
    {
        Console.WriteLine(owner + ": " + balance);
        for (int i = 0; i < count; i++)
            Console.WriteLine("  day {0,3} kind {1} {2,9}", entries[i].Day, (int)entries[i].Kind,
                entries[i].Amount);
    }
}

static class Bank
{
    static int Main()
    {
        Account a = new Account("Ada");
        int refused = 0;
        for (short day = 1; day <= 9; day++)
        {
            Kind kind = day % 4 == 0 ? Kind.Interest : day % 3 == 0 ? Kind.Withdraw : Kind.Deposit;
            if (!a.Apply(kind, new Money(day * 1234L), day)) refused++;
        }
        if (!a.Apply(Kind.Withdraw, new Money(1000000), 10)) refused++;
        a.Print();
        return a.Balance > new Money(20000) ? refused + 40 : refused;
    }
}
