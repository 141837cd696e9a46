// Exception types with the messages that .NET gives. Every type has a parameterless constructor:
// the runtime runs it for exceptions that the machine raises.
namespace System
{
    public class Exception
    {
        internal string _message;
        internal Exception _inner;
        internal string _stackTrace;
        int _hresult;
        string _source;

        public Exception() { }
        public Exception(string message) { _message = message; }
        public Exception(string message, Exception innerException)
        {
            _message = message;
            _inner = innerException;
        }

        public virtual string Message
        {
            get
            {
                if (_message == null)
                    return "Exception of type '" + GetType().FullName + "' was thrown.";
                return _message;
            }
        }

        public Exception InnerException { get { return _inner; } }
        public virtual string StackTrace { get { return _stackTrace; } }
        public virtual string Source { get { return _source; } set { _source = value; } }
        public int HResult { get { return _hresult; } protected set { _hresult = value; } }

        public virtual Exception GetBaseException()
        {
            Exception e = this;
            while (e._inner != null) e = e._inner;
            return e;
        }

        public override string ToString()
        {
            string message = Message;
            string text = GetType().FullName;
            if (message != null && message.Length > 0) text = text + ": " + message;
            if (_inner != null)
                text = text + " ---> " + _inner.ToString() + Environment.NewLine
                    + "   --- End of inner exception stack trace ---";
            if (_stackTrace != null) text = text + Environment.NewLine + _stackTrace;
            return text;
        }
    }

    public class ArgumentException : SystemException
    {
        string _paramName;
        public ArgumentException() : base("Value does not fall within the expected range.") { }
        public ArgumentException(string message) : base(message) { }
        public ArgumentException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
        public ArgumentException(string message, string paramName) : base(message)
        {
            _paramName = paramName;
        }
        public virtual string ParamName { get { return _paramName; } }

        public override string Message
        {
            get
            {
                string message = base.Message;
                if (_paramName == null || _paramName.Length == 0) return message;
                return message + Environment.NewLine + "Parameter name: " + _paramName;
            }
        }
    }

    public class ArgumentNullException : ArgumentException
    {
        public ArgumentNullException() : base("Value cannot be null.") { }
        public ArgumentNullException(string paramName) : base("Value cannot be null.", paramName)
        {
        }
        public ArgumentNullException(string paramName, string message) : base(message, paramName)
        {
        }
    }

    public class ArgumentOutOfRangeException : ArgumentException
    {
        object _actual;
        public ArgumentOutOfRangeException()
            : base("Specified argument was out of the range of valid values.")
        {
        }
        public ArgumentOutOfRangeException(string paramName)
            : base("Specified argument was out of the range of valid values.", paramName) { }
        public ArgumentOutOfRangeException(string paramName, string message)
            : base(message, paramName)
        {
        }
        public ArgumentOutOfRangeException(string paramName, object actualValue, string message)
            : base(message, paramName) { _actual = actualValue; }
        public virtual object ActualValue { get { return _actual; } }

        public override string Message
        {
            get
            {
                if (_actual == null) return base.Message;
                return base.Message + Environment.NewLine + "Actual value was " + _actual.ToString()
                    + ".";
            }
        }
    }

    public class SystemException : Exception
    {
        public SystemException() : base("System error.") { }
        public SystemException(string message) : base(message) { }
        public SystemException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class ApplicationException : Exception
    {
        public ApplicationException() : base("Error in the application.") { }
        public ApplicationException(string message) : base(message) { }
        public ApplicationException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class ArithmeticException : SystemException
    {
        public ArithmeticException() : base("Overflow or underflow in the arithmetic operation.")
        {
        }
        public ArithmeticException(string message) : base(message) { }
        public ArithmeticException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class DivideByZeroException : ArithmeticException
    {
        public DivideByZeroException() : base("Attempted to divide by zero.") { }
        public DivideByZeroException(string message) : base(message) { }
        public DivideByZeroException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class OverflowException : ArithmeticException
    {
        public OverflowException() : base("Arithmetic operation resulted in an overflow.") { }
        public OverflowException(string message) : base(message) { }
        public OverflowException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class NotFiniteNumberException : ArithmeticException
    {
        public NotFiniteNumberException() : base("Number encountered was not a finite quantity.")
        {
        }
        public NotFiniteNumberException(string message) : base(message) { }
        public NotFiniteNumberException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class NullReferenceException : SystemException
    {
        public NullReferenceException()
            : base("Object reference not set to an instance of an object")
        {
        }
        public NullReferenceException(string message) : base(message) { }
        public NullReferenceException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public sealed class IndexOutOfRangeException : SystemException
    {
        public IndexOutOfRangeException() : base("Index was outside the bounds of the array.") { }
        public IndexOutOfRangeException(string message) : base(message) { }
        public IndexOutOfRangeException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class InvalidCastException : SystemException
    {
        public InvalidCastException() : base("Specified cast is not valid.") { }
        public InvalidCastException(string message) : base(message) { }
        public InvalidCastException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class ArrayTypeMismatchException : SystemException
    {
        public ArrayTypeMismatchException()
            : base("Attempted to access an element as a type incompatible with the array.")
        {
        }
        public ArrayTypeMismatchException(string message) : base(message) { }
        public ArrayTypeMismatchException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class RankException : SystemException
    {
        public RankException()
            : base("Attempted to operate on an array with the incorrect number of dimensions.") { }
        public RankException(string message) : base(message) { }
        public RankException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class InvalidOperationException : SystemException
    {
        public InvalidOperationException()
            : base("Operation is not valid due to the current state of the object.")
        {
        }
        public InvalidOperationException(string message) : base(message) { }
        public InvalidOperationException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class NotSupportedException : SystemException
    {
        public NotSupportedException() : base("Specified method is not supported.") { }
        public NotSupportedException(string message) : base(message) { }
        public NotSupportedException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class PlatformNotSupportedException : NotSupportedException
    {
        public PlatformNotSupportedException()
            : base("Operation is not supported on this platform.")
        {
        }
        public PlatformNotSupportedException(string message) : base(message) { }
        public PlatformNotSupportedException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class NotImplementedException : SystemException
    {
        public NotImplementedException() : base("The method or operation is not implemented.") { }
        public NotImplementedException(string message) : base(message) { }
        public NotImplementedException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class FormatException : SystemException
    {
        public FormatException() : base("One of the identified items was in an invalid format.") { }
        public FormatException(string message) : base(message) { }
        public FormatException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class OutOfMemoryException : SystemException
    {
        public OutOfMemoryException()
            : base("Insufficient memory to continue the execution of the program.")
        {
        }
        public OutOfMemoryException(string message) : base(message) { }
        public OutOfMemoryException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public sealed class StackOverflowException : SystemException
    {
        public StackOverflowException() : base("Operation caused a stack overflow.") { }
        public StackOverflowException(string message) : base(message) { }
        public StackOverflowException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public sealed class ExecutionEngineException : SystemException
    {
        public ExecutionEngineException() : base("Internal error in the runtime.") { }
        public ExecutionEngineException(string message) : base(message) { }
        public ExecutionEngineException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class AccessViolationException : SystemException
    {
        public AccessViolationException()
            : base("Attempted to read or write protected memory. This is often an indication "
                + "that other memory is corrupt.")
            {
            }
        public AccessViolationException(string message) : base(message) { }
        public AccessViolationException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public sealed class InvalidProgramException : SystemException
    {
        public InvalidProgramException()
            : base("Common Language Runtime detected an invalid program.")
        {
        }
        public InvalidProgramException(string message) : base(message) { }
        public InvalidProgramException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class BadImageFormatException : SystemException
    {
        public BadImageFormatException()
            : base("Format of the executable (.exe) or library (.dll) is invalid.")
        {
        }
        public BadImageFormatException(string message) : base(message) { }
        public BadImageFormatException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class TypeLoadException : SystemException
    {
        public TypeLoadException() : base("Failure has occurred while loading a type.") { }
        public TypeLoadException(string message) : base(message) { }
        public TypeLoadException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class EntryPointNotFoundException : TypeLoadException
    {
        public EntryPointNotFoundException() : base("Entry point was not found.") { }
        public EntryPointNotFoundException(string message) : base(message) { }
        public EntryPointNotFoundException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class DllNotFoundException : TypeLoadException
    {
        public DllNotFoundException() : base("Dll was not found.") { }
        public DllNotFoundException(string message) : base(message) { }
        public DllNotFoundException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class MemberAccessException : SystemException
    {
        public MemberAccessException() : base("Cannot access member.") { }
        public MemberAccessException(string message) : base(message) { }
        public MemberAccessException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class MissingMemberException : MemberAccessException
    {
        public MissingMemberException() : base("Attempted to access a missing member.") { }
        public MissingMemberException(string message) : base(message) { }
        public MissingMemberException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class MissingFieldException : MissingMemberException
    {
        public MissingFieldException() : base("Attempted to access a non-existing field.") { }
        public MissingFieldException(string message) : base(message) { }
        public MissingFieldException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class MissingMethodException : MissingMemberException
    {
        public MissingMethodException() : base("Attempted to access a missing method.") { }
        public MissingMethodException(string message) : base(message) { }
        public MissingMethodException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class FieldAccessException : MemberAccessException
    {
        public FieldAccessException()
            : base("Attempted to access a field that is not accessible by the caller.")
        {
        }
        public FieldAccessException(string message) : base(message) { }
        public FieldAccessException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class MethodAccessException : MemberAccessException
    {
        public MethodAccessException() : base("Attempt to access the method failed.") { }
        public MethodAccessException(string message) : base(message) { }
        public MethodAccessException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class TimeoutException : SystemException
    {
        public TimeoutException() : base("The operation has timed out.") { }
        public TimeoutException(string message) : base(message) { }
        public TimeoutException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class OperationCanceledException : SystemException
    {
        public OperationCanceledException() : base("The operation was canceled.") { }
        public OperationCanceledException(string message) : base(message) { }
        public OperationCanceledException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public sealed class TypeInitializationException : SystemException
    {
        string _typeName;
        public TypeInitializationException() : base("The type initializer threw an exception.") { }
        public TypeInitializationException(string fullTypeName, Exception innerException)
            : base("The type initializer for '" + fullTypeName + "' threw an exception.",
                innerException)
        {
            _typeName = fullTypeName;
        }
        public string TypeName { get { return _typeName; } }
    }

    public class ObjectDisposedException : InvalidOperationException
    {
        string _objectName;
        public ObjectDisposedException() : base("Cannot access a disposed object.") { }
        public ObjectDisposedException(string objectName) : base("Cannot access a disposed object.")
        {
            _objectName = objectName;
        }
        public string ObjectName { get { return _objectName; } }
    }
}

namespace System.IO
{
    public class IOException : SystemException
    {
        public IOException() : base("I/O error occurred.") { }
        public IOException(string message) : base(message) { }
        public IOException(string message, Exception innerException) : base(message, innerException)
        {
        }
    }
}
